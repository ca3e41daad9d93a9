import type { RolloutEvent } from '../../../src/core/rollout/advance.ts';
import { planBlueGreen, planRolling, type RolloutPlan } from '../../../src/core/rollout/plan.ts';
import type { RollbackParts } from '../../../src/core/rollout/rollback-parts.ts';
import { type RolloutSettings, sopJudge } from '../../../src/core/rollout/settings.ts';
import type { RolloutStep, Stage } from '../../../src/core/rollout/step.ts';
import type { Counts, Observation } from '../../../src/core/rollout/observation.ts';
import type { Slo } from '../../../src/core/slo.ts';

export const settings: RolloutSettings = {
  stages: [10, 50, 100],
  dwellMs: 60_000,
  holdBudgetMs: 120_000,
  warmUpMs: 10_000,
  intervalMs: 10_000,
  minimum: { requests: 300, payments: 100 },
  latency: { intervalMs: 20_000, sustainedMs: 100_000 },
  watch: { forMs: 120_000 },
  keepWarmMs: 3_600_000,
  synthetic: false,
  rolling: { by: 'instance', batch: 1, maxSurge: 1, maxUnavailable: 0 },
  routerRetryMs: 60_000,
  drainMs: 30_000,
  judge: { ...sopJudge, literal: { windowMs: 60_000, confirmMs: 30_000 } },
};

export const blueGreen = (more: Partial<RolloutSettings> = {}, rollback?: RollbackParts): RolloutPlan =>
  planBlueGreen({
    release: 'new',
    previousRelease: 'old',
    live: 'blue',
    settings: { ...settings, ...more },
    ...(rollback ? { rollback } : {}),
  });

export const rolling = (more: Partial<RolloutSettings['rolling']> = {}, rollback?: RollbackParts): RolloutPlan =>
  planRolling({
    ...(rollback ? { rollback } : {}),
    release: 'new',
    previousRelease: 'old',
    live: 'blue',
    settings: { ...settings, rolling: { ...settings.rolling, ...more } },
    instances: [
      { name: 'blue-1', zone: 'a', surge: false },
      { name: 'blue-2', zone: 'b', surge: false },
      { name: 'blue-3', zone: 'a', surge: false },
      { name: 'blue-surge', zone: 'a', surge: true },
    ],
  });

export const slos: readonly Slo[] = [
  {
    id: 'p95',
    title: 'P95',
    clause: '3.2a',
    event: { kind: 'slow-response', percentile: 95, thresholdMs: 1000 },
    limit: 0.05,
    limitIncluded: false,
    minSamples: 200,
  },
  {
    id: 'p50',
    title: 'P50',
    clause: '3.2a',
    event: { kind: 'slow-response', percentile: 50, thresholdMs: 400 },
    limit: 0.5,
    limitIncluded: false,
    minSamples: 200,
  },
  {
    id: '5xx',
    title: '5xx',
    clause: '3.2d',
    event: { kind: 'server-error' },
    limit: 0.005,
    limitIncluded: false,
    minSamples: 800,
    rollback: { clause: '4.1b', above: 0.01 },
  },
  {
    id: 'pay',
    title: 'Payments',
    clause: '3.2c',
    event: { kind: 'failed-payment' },
    counter: { name: 'payment_attempts_total', label: 'outcome', success: ['success'], failure: ['failure'] },
    limit: 0.02,
    limitIncluded: true,
    minSamples: 200,
    rollback: { clause: '4.1b', above: 0.01 },
  },
];

export const stage: Stage = { share: 10, canary: { kind: 'colour', colour: 'green' } };

/** One observation of ten seconds; counts by objective as [events, trials]. */
export function observation(
  counts: Record<string, readonly [number, number]> = {},
  more: Partial<Observation> = {},
): Observation {
  const usual: Record<string, readonly [number, number]> = {
    p95: [0, 100],
    p50: [0, 100],
    '5xx': [0, 200],
    pay: [0, 40],
    ...counts,
  };
  const canary: Counts = Object.fromEntries(
    Object.entries(usual).map(([id, [events, trials]]) => [id, { events, trials }]),
  );
  return {
    at: '2026-11-23T12:00:00.000Z',
    lengthMs: 10_000,
    observed: true,
    canary,
    baseline: {},
    problems: [],
    ...more,
  };
}

/** The event of a step that succeeded. */
export const finish = (step: RolloutStep): RolloutEvent =>
  step.do === 'judge' || step.do === 'conclude-watch'
    ? { type: 'judged', stage: step.stage, word: 'GO', because: 'good' }
    : { type: 'done', step, summary: 'done', ...(step.do === 'shift' ? { shares: step.shares } : {}) };
