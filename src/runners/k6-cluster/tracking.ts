import { messageOf } from '../../core/errors.ts';
import type { Clock } from '../../system/clock.ts';
import type { LoadSet } from './load-set.ts';
import type { RunnerPod } from './pods.ts';

/** What every loop over the runners needs. */
export interface Watch {
  readonly set: LoadSet;
  readonly runners: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly pollMs: number;
}

/** The pods of the runners as last read. Kubernetes deletes pods, so what a deleted one has shown is kept. */
export interface TrackedPods {
  readonly read: () => Promise<void>;
  /** Why the last reading failed; a load outlives a restart of the API server. */
  readonly failure: () => string | undefined;
  readonly of: (index: number) => TrackedPod | undefined;
}

export interface TrackedPod extends RunnerPod {
  /** It was deleted. */
  readonly gone: boolean;
  /** Pods of this runner: more than one began its part of the load again. */
  readonly starts: number;
}

export function trackPods({ set, signal }: Pick<Watch, 'set' | 'signal'>): TrackedPods {
  const known = new Map<string, RunnerPod>();
  let listed = new Set<string>();
  let failure: string | undefined;
  return {
    read: async () => {
      try {
        const pods = await set.readPods(signal);
        listed = new Set(pods.map(({ uid }) => uid));
        for (const pod of pods) known.set(pod.uid, pod);
        failure = undefined;
      } catch (error) {
        if (signal.aborted) throw error;
        failure = messageOf(error);
      }
    },
    failure: () => failure,
    of: (index) => {
      const pods = [...known.values()].filter((pod) => pod.index === index);
      const last = pods.findLast(({ uid }) => listed.has(uid)) ?? pods.at(-1);
      return last && { ...last, gone: !listed.has(last.uid), starts: pods.length };
    },
  };
}

export const indexesOf = (runners: number): number[] => Array.from({ length: runners }, (_, index) => index);
