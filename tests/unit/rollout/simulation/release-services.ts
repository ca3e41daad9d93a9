import type { ReleaseServices } from '../../../../src/flows/release/release-services.ts';
import { deployEnvironment, deployName } from '../../../../src/core/tracked-release.ts';
import type { RolloutSession } from '../../../../src/flows/rollout/session.ts';
import { simulatePreflight } from './preflight.ts';
import type { SimulatedProcess } from './crash.ts';
import type { SimulatedTarget } from './target.ts';

/** Sentry of a simulated target, which may refuse what it is asked; the crashes of its app are reviewed elsewhere. */
export function simulateReleaseServices(target: SimulatedTarget, process: SimulatedProcess): ReleaseServices {
  const finalize: ReleaseServices['finalize'] = async (deployed) => {
    const base = { kind: 'finalize', deployed, files: [], problems: [] } as const;
    if (target.sentryIsDown)
      return { ...base, outcome: { done: false, because: 'Sentry: status 503', retry: true, uncertain: false } };
    const { startedAt: dateStarted, finishedAt: dateFinished, release: version } = deployed;
    return {
      ...base,
      outcome: { done: true, summary: 'recorded' },
      release: { version, projects: ['api'], dateCreated: dateStarted, dateReleased: dateFinished, commitCount: 1 },
      deploy: {
        environment: deployEnvironment(deployed.environment),
        name: deployName(deployed.runId),
        dateStarted,
        dateFinished,
        url: null,
      },
    };
  };
  return {
    readRunning: async () => undefined,
    finalize: (deployed, attempt) =>
      process.effect({ name: 'sentry.finalize', perform: () => finalize(deployed, attempt) }),
    publishNotes: async () => ({ kind: 'release-notes', state: 'off', because: 'the target is simulated' }),
    reviewCrashes: async () => ({ off: 'the target is simulated' }),
  };
}

/** Its preflight, and no channel to announce it in. */
export const simulateRelease = (
  target: SimulatedTarget,
  process: SimulatedProcess,
): Pick<RolloutSession, 'gatherers' | 'announcer'> => ({
  gatherers: simulatePreflight(target, process),
  announcer,
});

const announcer: RolloutSession['announcer'] = () => ({
  update: () => undefined,
  stage: () => undefined,
  conclude: async () => ({ kind: 'announcement', state: 'off', because: 'the target is simulated' }),
  state: () => ({}),
  [Symbol.asyncDispose]: async () => undefined,
});
