import { expect, it } from 'vitest';
import { judgeRun } from '../../src/core/judge/run.ts';
import { underObjectives } from '../../src/core/rejudge.ts';
import type { RunEvidence } from '../../src/core/run-result.ts';
import type { Slo } from '../../src/core/slo.ts';

const latency = (thresholdMs: number, id = 'latency-p95'): Slo => ({
  id,
  title: 'Latency P95',
  clause: '3.2a',
  event: { kind: 'slow-response', percentile: 95, thresholdMs },
  limit: 0.05,
  limitIncluded: false,
  minSamples: 200,
});
const counts = (id: string) => ({ [id]: { events: 0, trials: 5000 } });
const metrics = { kind: 'metrics' as const, from: '', to: '', files: [], problems: [] };
const evidence = {
  schemaVersion: 2,
  runId: 'r',
  plan: {
    steps: ['metrics'],
    slos: [latency(1000)],
    offers: { web: false, metrics: true, shutdown: false },
    smokeBudgetMs: 1,
    leftOut: {},
  },
  smoke: [],
  metrics: { ...metrics, instances: [{ url: '', slo: counts('latency-p95'), edges: {}, restarted: false }] },
} as unknown as RunEvidence;
const judged = (slo: Slo) =>
  judgeRun(underObjectives(evidence, [slo])).judgements.find(({ id }) => id.startsWith('metrics.'));

it('a limit that the run did not count is an error, never a verdict from the bucket of another limit', () => {
  expect(judged(latency(1))).toMatchObject({
    status: 'error',
    actual: 'not counted',
    because: 'The run did not count P95 < 1 ms; it counted P95 < 1 s.',
  });
});

it('another share, minimum or id of the same event is judged from the counts', () => {
  expect(judged({ ...latency(1000), minSamples: 10_000 })?.status).toBe('inconclusive');
  expect(judged(latency(1000, 'p95'))).toMatchObject({ id: 'metrics.p95', status: 'pass', samples: 5000 });
  expect(
    judged({ ...latency(1000), limit: 0.1, event: { kind: 'slow-response', percentile: 90, thresholdMs: 1000 } })
      ?.status,
  ).toBe('pass');
});

it('the counts of a rollout are not used for another limit either', () => {
  const observation = { canary: counts('latency-p95'), baseline: counts('latency-p95') };
  const rollout = { events: [{ type: 'observed', observation }] };
  const again = underObjectives({ ...evidence, rollout } as unknown as RunEvidence, [latency(1)]);
  expect(again.rollout?.events).toEqual([{ type: 'observed', observation: { canary: {}, baseline: {} } }]);
});
