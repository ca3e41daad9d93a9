import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { ownPrefix } from '../../../src/core/foreign-load.ts';
import type { Slo } from '../../../src/core/slo.ts';
import { planSynthetic } from '../../../src/flows/rollout/synthetic-plan.ts';
import { openLiveCounts } from '../../../src/runners/k6-live.ts';
import { slo } from '../judge-samples.ts';

const slow: Slo = { ...slo, id: 'latency-p95', event: { kind: 'slow-response', percentile: 95, thresholdMs: 1000 } };
const steady = { title: '', rate: 90, start: 1, stages: [{ to: 1, overMs: 60_000 }], stopOnBreach: false };

it('a profile that is not in the file is refused with its key and those that are', () => {
  const none = { users: [], patienceMs: 2000, mix: {}, profiles: { steady } };
  const plan = () => planSynthetic({ load: { profile: 'steady' } }, { synthetic: { profile: 'nope' } }, none, 60_000);
  expect(plan).toThrow('rollout.synthetic.profile: there is no load profile "nope" in config/load-profiles.yaml.');
});

it('a script of the target sends the plan of the stage, and is counted by request while it runs', async () => {
  const own = {
    path: '/srv/script.js',
    options: 'kept',
    metrics: {},
    variables: { T: '{token.admin}' },
    iteration: { requests: 2 },
  } as const;
  const target = { load: { profile: 'steady', script: own } };
  const plan = planSynthetic(
    target,
    { synthetic: { profile: 'steady', rate: 10 } },
    { users: ['client'], patienceMs: 2000, mix: {}, profiles: { steady } },
    60_000,
  );
  expect(plan).toMatchObject({ logIns: ['admin'], scenarios: [{ startPerMinute: 300 }] });

  const file = join(await mkdtemp(join(tmpdir(), 'live-')), 'record.ndjson');
  const names = ['http_reqs', 'shiproom_elsewhere', 'shiproom_server_errors', 'shiproom_slow_latency_p95', 'time'];
  const counter = { type: 'counter' };
  const lines = [
    { event: 'param', data: { aggregates: { counter: ['count'], gauge: ['value'] } } },
    {
      event: 'metric',
      data: Object.fromEntries(names.map((name) => [name, name === 'time' ? { type: 'gauge' } : counter])),
    },
    { event: 'start', data: [null, null, null, null, [0]] },
    { event: 'snapshot', data: [[20], [5], [2], [3], [1000]] },
  ];
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(await openLiveCounts(file, [slow], ownPrefix)()).toMatchObject({
    requests: 15,
    failed: 2,
    payments: 0,
    slow: { 'latency-p95': 3 },
  });
  await rm(dirname(file), { recursive: true });
});
