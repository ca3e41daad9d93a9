import { messageOf, ToolError, UserError } from '../../core/errors.ts';
import {
  describeDeployment,
  type PlatformDeployment,
  type PlatformReading,
  type Situation,
  type Sought,
  situationOf,
} from '../../core/platform.ts';
import type { InPlacePlan } from '../../core/rollout/plan.ts';
import type { RolloutEvent } from '../../core/rollout/event.ts';
import { formatMs } from '../../core/slo.ts';
import type { Platform } from '../../platforms/index.ts';
import { stepFailed } from './release-steps.ts';
import { signalOf } from './retry.ts';
import type { RolloutRun } from './run.ts';

const longestPauseMs = 30_000;
/** Readings after which a deployment that is still not listed was not triggered. */
export const lateReadings = 3;

export function platformOf({ drivers }: Pick<RolloutRun, 'drivers'>): Platform {
  if (!drivers.platform)
    throw new UserError('The target has no `platform`, and --strategy in-place needs one.', ['docs/platforms.md']);
  return drivers.platform;
}

export function planOf(run: Pick<RolloutRun, 'state'>): InPlacePlan {
  const { plan } = run.state();
  if (plan.strategy !== 'in-place') throw stepFailed(`A ${plan.strategy} rollout has no platform.`);
  return plan;
}

/**
 * Reads the platform once, again with growing pauses while it cannot be read, for as long as `routerRetry` says. Throws the
 * last error. A list without any deployment is an error too, because there was one when the rollout was planned.
 */
export async function readPlatform(run: RolloutRun): Promise<PlatformReading> {
  const platform = platformOf(run);
  const { routerRetryMs } = run.state().plan.settings;
  const signal = signalOf(run);
  const began = run.clock.monotonic();
  for (let pauseMs = platform.pollMs; ; pauseMs = Math.min(longestPauseMs, 2 * pauseMs)) {
    try {
      return requireSome(await platform.read({ signal }));
    } catch (error) {
      const leftMs = routerRetryMs - (run.clock.monotonic() - began);
      if (error instanceof UserError || signal.aborted || leftMs < 0) throw error;
      const text = `${messageOf(error)}; retried for another ${formatMs(leftMs)}`;
      run.emit({ type: 'step-progress', step: 'platform', text });
      await run.clock.sleep(pauseMs, signal);
    }
  }
}

export function requireSome(reading: PlatformReading): PlatformReading {
  if (reading.deployments.length > 0) return reading;
  throw new ToolError('the platform lists no deployment', { command: [], exitCode: null });
}

type Replaced = Extract<RolloutEvent, { type: 'done' }>;

/** The ids that the platform gave the deployments of this rollout, as far as its journal has them. */
export function triggeredIn(run: Pick<RolloutRun, 'record' | 'state'>): Pick<Sought, 'deployment' | 'triggered'> {
  const { events } = run.record();
  const done = events.findLast(
    (event): event is Replaced & { at: string } =>
      event.type === 'done' && event.step.do === 'replace' && !event.step.rollback,
  );
  const deployment = idIn(done?.data) ?? planOf(run).own;
  return { ...(deployment === undefined ? {} : { deployment }), triggered: wasStarted(events, false) };
}

const idIn = (data: unknown): string | undefined => {
  const id = (data as { readonly deployment?: unknown } | undefined)?.deployment;
  return typeof id === 'string' ? id : undefined;
};

/** Whether a command of the step was started: by this process, or by one that died before it could journal its end. */
export function wasStarted(events: readonly RolloutEvent[], rollback: boolean): boolean {
  let isStep = false;
  return events.some((event) => {
    if (event.type === 'intended') isStep = event.step.do === 'replace' && (event.step.rollback === true) === rollback;
    return isStep && event.type === 'command-started';
  });
}

/** What the platform's word means, given what this rollout has triggered. */
export function situate(
  reading: PlatformReading,
  run: Pick<RolloutRun, 'record' | 'state'>,
  own: Partial<Pick<Sought, 'deployment' | 'triggered' | 'returned'>> = {},
): Situation {
  const { release, previousRelease, before } = planOf(run);
  const known = triggeredIn(run);
  const triggered = known.triggered || own.triggered === true;
  return situationOf(reading, { release, previousRelease, before, ...known, ...own, triggered });
}

export const nameOf = (deployment: PlatformDeployment | undefined): string =>
  deployment ? describeDeployment(deployment) : 'nothing';

/** What the platform serves instead of the release that this rollout has made live, and whether that is the previous one. */
export function changeOf(
  reading: PlatformReading,
  run: Pick<RolloutRun, 'record' | 'state'>,
): { readonly isPrevious: boolean; readonly because: string } | undefined {
  const { live, liveDeployment, own, back } = situate(reading, run);
  const { release } = run.state().plan;
  switch (live) {
    case 'release':
      return undefined;
    case 'previous': {
      const reason = own?.reason ?? back?.reason;
      const why = reason === undefined ? '' : `: ${reason}`;
      return {
        isPrevious: true,
        because: `the platform rolled ${release} back: live is ${nameOf(liveDeployment)} again${why}`,
      };
    }
    case 'other':
    case 'none':
      return {
        isPrevious: false,
        because: `the deployment was changed from outside: live is ${nameOf(liveDeployment)}, and the rollout had made ${release} live`,
      };
  }
}
