import type { Slo } from '../../../../src/core/slo.ts';
import type { RolloutContext } from '../../../../src/flows/rollout/run.ts';
import type { SessionsQuery } from '../../../../src/sources/sentry.ts';

const slo: Slo = {
  id: 'crash-free',
  title: 'Crash-free sessions',
  clause: '3.2b',
  event: { kind: 'crashed-session' },
  limit: 0.01,
  limitIncluded: true,
  minSamples: 299,
};

/** A target whose error tracker counted this of the release. */
export const counted = (events: number, trials: number, asked: SessionsQuery[] = []) => ({
  change: (context: RolloutContext): RolloutContext => ({
    ...context,
    crashFree: {
      slo,
      read: async (query) => {
        asked.push(query);
        const to = new Date(context.clock.now()).toISOString();
        const count = trials === 0 ? {} : { count: { events, trials } };
        return { kind: 'sessions', ...query, to, projects: 1, files: [], problems: [], ...count };
      },
    },
  }),
});
