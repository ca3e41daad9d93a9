import type { AnnouncementFacts } from '../../../src/core/announcement.ts';
import type { Judgement, NotChecked } from '../../../src/core/verdict.ts';
import { slos } from '../report/slos.ts';

export const judgement = (more: Partial<Judgement> & Pick<Judgement, 'id' | 'clauses'>): Judgement => ({
  title: more.id,
  status: 'pass',
  expected: 'as it should be',
  actual: 'as it should be',
  because: 'It is as it should be.',
  evidence: [],
  requestIds: [],
  ...more,
});

/** The judgements of a healthy blue-green release. */
export const healthy: readonly Judgement[] = [
  judgement({ id: 'gate.analyze', clauses: ['1.1a'], actual: '0 issues in 12 files' }),
  judgement({ id: 'gate.test', clauses: ['1.1b'], actual: '48 tests passed' }),
  judgement({ id: 'rollout', clauses: ['2.B4'], actual: 'all traffic on freetask@1.5.0' }),
  judgement({ id: 'rollout.identity', clauses: ['2.B1'], actual: '4 of 4' }),
  judgement({
    id: 'stage-100.latency-p95',
    clauses: ['3.2a'],
    actual: 'P95 312 ms; slower than the limit 0.31 % [0.12 %, 0.66 %], n = 4 812',
    bounds: { lower: 0.0012, upper: 0.0066, level: 0.95 },
    samples: 4812,
  }),
  judgement({
    id: 'stage-100.server-errors',
    clauses: ['3.2d'],
    actual: '5xx 0 %, n = 4 812',
    bounds: { lower: 0, upper: 0.0006, level: 0.95 },
    samples: 4812,
  }),
  judgement({
    id: 'stage-100.payment-success',
    clauses: ['3.2c'],
    actual: 'payment success 99.6 %, n = 512',
    bounds: { lower: 0, upper: 0.011, level: 0.95 },
    samples: 512,
  }),
  judgement({ id: 'stage-100.smoke.postman', clauses: ['3.1'], actual: '31 of 31 steps' }),
];

export const missing: readonly NotChecked[] = [
  {
    id: 'gate.api-lint',
    title: 'API lint',
    clauses: ['1.1c'],
    reason: 'not-applicable',
    because: 'target file: the API has none',
    required: false,
  },
];

export const facts = (more: Partial<AnnouncementFacts> = {}): AnnouncementFacts => ({
  runId: '20261126-022600-release-public-7c1e',
  release: 'freetask@1.5.0',
  previousRelease: 'freetask@1.4.0',
  target: 'staging',
  strategy: 'blue-green',
  startedAt: '2026-11-26T02:26:00.000Z',
  at: '2026-11-26T03:01:30.000Z',
  phase: 'running',
  judgements: healthy,
  notChecked: missing,
  slos,
  ...more,
});

export const released = (more: Partial<AnnouncementFacts> = {}) => ({
  ...facts({ phase: 'released', ...more }),
  verdict: more.verdict ?? { word: 'GO' as const, because: 'All 8 required checks passed.', decidedBy: [] },
});
