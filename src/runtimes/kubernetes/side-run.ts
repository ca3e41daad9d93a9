import type { DriverCall, KubernetesRuntimeSettings } from '../../core/drivers.ts';
import type { Clock } from '../../system/clock.ts';
import type { Reader } from './reader.ts';

export interface Timing {
  /** Between two reads while pods are replaced. */
  readonly pollMs: number;
  /** Between two reads until the first pod of a release is there: the pause has to come before the second. */
  readonly firstPollMs: number;
  /** How long the scheduler's refusal is waited out: an autoscaler adds nodes meanwhile. */
  readonly unschedulableMs: number;
  /** How long the events of pods that are gone are waited for. */
  readonly settleMs: number;
}

export const usualTiming: Timing = { pollMs: 250, firstPollMs: 50, unschedulableMs: 120_000, settleMs: 5000 };

/** What one call of a side's operation works with. */
export interface SideRun {
  readonly settings: KubernetesRuntimeSettings;
  readonly reader: Reader;
  readonly clock: Clock;
  readonly timing: Timing;
  readonly call: DriverCall | undefined;
  readonly limitMs: number;
  /** The end of the limit, on the monotonic clock. */
  readonly untilMs: number;
}
