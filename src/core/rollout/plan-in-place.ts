import { type InPlacePlan, snapshotSteps, watchSteps } from './plan.ts';
import type { RolloutStep, Stage } from './step.ts';

/**
 * Clauses 2.B1 to 2.B3, 3.1 and the watch, where a platform replaces what serves users: from the moment the release is live it
 * has all traffic, so there is no stage before the watch.
 */
export function planInPlace(
  options: Omit<InPlacePlan, 'strategy' | 'live' | 'steps' | 'verb'> & {
    /** Of a release that is live already, and is only watched: since it was shipped. */
    readonly unobservedMs?: number;
  },
): InPlacePlan {
  const { unobservedMs, ...base } = options;
  const { release, rollback } = base;
  const stage: Stage = { share: 100, canary: { kind: 'public' } };
  const watched: RolloutStep[] = [{ do: 'smoke', stage, at: 'watch-start' }, ...watchSteps(stage)];
  const shared = { ...base, strategy: 'in-place', live: 'public' } as const;
  if (unobservedMs !== undefined)
    return { ...shared, verb: 'watch', steps: [{ do: 'adopt', stage, release, unobservedMs }, ...watched] };
  return {
    ...shared,
    steps: [
      ...snapshotSteps(rollback),
      { do: 'migrate', release },
      ...snapshotSteps(rollback, 'released'),
      { do: 'replace', release },
      { do: 'verify-live', stage, release },
      ...watched,
      ...snapshotSteps(rollback, 'promoted'),
    ],
  };
}
