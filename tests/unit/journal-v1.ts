/** Lines as version 1 wrote them. */
const settings = {
  stages: [10, 100],
  dwellMs: 1000,
  holdBudgetMs: 1000,
  warmUpMs: 0,
  intervalMs: 100,
  minimum: { requests: 1, payments: 1 },
  latency: { intervalMs: 100, sustainedMs: 500 },
  keepWarmMs: 1000,
  synthetic: false,
  rolling: { by: 'instance', batch: 1, maxSurge: 1, maxUnavailable: 0 },
  drainMs: 1000,
};
const side = { kind: 'colour', colour: 'green' };
const stage = { share: 10, canary: side };
const shift = { do: 'shift', shares: { blue: 90, green: 10 } };
const at = '2026-01-01T00:00:00.000Z';

export const blueGreenV1: readonly object[] = [
  {
    at,
    type: 'rollout-planned',
    targetKey: 'target-1',
    forecast: [],
    plan: {
      strategy: 'blue-green',
      release: 'r2',
      live: 'blue',
      idle: 'green',
      settings,
      steps: [
        shift,
        { do: 'observe', stage },
        { do: 'prove', side, release: 'r2' },
        { do: 'confirm', side: { kind: 'colour', colour: 'blue' }, because: 'keeps-warm' },
      ],
    },
  },
  { at, type: 'rollout', event: { type: 'intended', step: shift } },
  { at, type: 'rollout', event: { type: 'done', step: shift, summary: 'read back', shares: shift.shares } },
  {
    at,
    type: 'rollout',
    event: {
      type: 'tick',
      stage,
      tick: { at, lengthMs: 100, observed: true, canary: {}, baseline: {}, problems: [] },
    },
  },
  { at, type: 'rollout', event: { type: 'abandoned', because: 'aborted by the operator' } },
];
