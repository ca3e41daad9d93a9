import type { RunEvidence } from './run-result.ts';
import { describeObjective, type Slo } from './slo.ts';

/**
 * The evidence of a run under other objectives. Counts belong to an event (responses slower than 1 s, payments that failed):
 * an objective of the same event uses them, whatever its limit, samples and id are. For every other objective nothing was
 * counted; the plan names it in `uncounted`, and its judgements are `error`.
 */
export function underObjectives(evidence: RunEvidence, slos: readonly Slo[]): RunEvidence {
  const { load, metrics, plan } = evidence;
  const counted = slos.flatMap((slo) => {
    const earlier = plan.slos.find((each) => isSameEvent(each, slo));
    return earlier ? [{ from: earlier.id, to: slo.id }] : [];
  });
  const renamed = <T>(counts: Readonly<Record<string, T>>): Record<string, T> =>
    Object.fromEntries(counted.flatMap(({ from, to }) => (counts[from] === undefined ? [] : [[to, counts[from]]])));
  const uncounted = slos
    .filter(({ id }) => !counted.some(({ to }) => to === id))
    .map((slo) => [slo.id, `The run did not count ${describeObjective(slo)}${earlierOf(slo, plan.slos)}.`]);
  return {
    ...evidence,
    plan: { ...plan, slos, uncounted: Object.fromEntries(uncounted) as Record<string, string> },
    ...(load ? { load: { ...load, slo: renamed(load.slo) } } : {}),
    ...(metrics
      ? { metrics: { ...metrics, instances: metrics.instances.map((each) => ({ ...each, slo: renamed(each.slo) })) } }
      : {}),
    ...(evidence.rollout ? { rollout: renameObservations(evidence.rollout, renamed) } : {}),
  };
}

/** Whether the counts of one objective are those of the other. */
export const isSameEvent = ({ event: a }: Slo, { event: b }: Slo): boolean =>
  a.kind === b.kind && (a.kind !== 'slow-response' || b.kind !== 'slow-response' || a.thresholdMs === b.thresholdMs);

function earlierOf({ event }: Slo, slos: readonly Slo[]): string {
  const earlier = slos.filter((slo) => slo.event.kind === event.kind).map(describeObjective);
  return earlier.length === 0 ? '' : `; it counted ${earlier.join(', ')}`;
}

type Rollout = NonNullable<RunEvidence['rollout']>;

const renameObservations = (
  rollout: Rollout,
  renamed: <T>(counts: Readonly<Record<string, T>>) => Record<string, T>,
): Rollout => ({
  ...rollout,
  events: rollout.events.map((event) =>
    event.type === 'observed'
      ? {
          ...event,
          observation: {
            ...event.observation,
            canary: renamed(event.observation.canary),
            baseline: renamed(event.observation.baseline),
          },
        }
      : event,
  ),
});
