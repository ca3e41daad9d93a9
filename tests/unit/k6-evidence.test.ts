import { expect, it } from 'vitest';
import { deviationsFrom, type LoadPlan } from '../../src/core/load-plan.ts';
import { loggedReleases, startedIterations, unplannedOptions } from '../../src/runners/k6-log.ts';

const line = (msg: string) => JSON.stringify({ level: 'info', msg, source: 'console', time: '2026-03-03T10:00:00Z' });

it('options that the plan does not set are read from the log, quotes and all', () => {
  expect(unplannedOptions(line('shiproom options as planned'))).toEqual([]);
  expect(unplannedOptions(`x\n${line('shiproom options hosts={"a.b":"1.2.3.4"} rps=10')}\n`)).toEqual([
    'k6 ran with options that the plan does not set: hosts={"a.b":"1.2.3.4"} rps=10',
  ]);
  expect(unplannedOptions('')).toEqual(['the load scripts did not report the options of k6']);
});

it('other releases are read from the log, each once', () => {
  const log = ['shiproom release freetask@1.4.0', 'shiproom release freetask@1.3.0', 'shiproom release freetask@1.4.0'];
  expect(loggedReleases(log.map(line).join('\n'))).toEqual(['freetask@1.4.0', 'freetask@1.3.0']);
});

it('started iterations are the last that k6 printed, interrupted ones included', () => {
  const stdout =
    'running (1s), 3/9 VUs, 4 complete and 0 interrupted iterations\nrunning (3s), 0/9 VUs, 40 complete and 2 interrupted iterations\n';
  expect(startedIterations(stdout)).toBe(42);
  expect(startedIterations('')).toBeUndefined();
});

const plan = (stopOnBreach: boolean): LoadPlan => ({
  profile: 'stage',
  title: '',
  logIns: [],
  durationMs: 60_000,
  peakRequestsPerSecond: 1,
  expectedRequests: 1,
  expectedPayments: 1,
  stopOnBreach,
  scenarios: [{ name: 'browse', users: 1, startPerMinute: 1000, stages: [{ perMinute: 1000, durationMs: 60_000 }] }],
});

it.each([
  [1000, 60_000, []],
  [960, 56_000, []],
  [900, 60_000, ['900 iterations arrived, 1 000 were planned']],
  [1100, 60_000, ['1 100 iterations arrived, 1 000 were planned']],
  [1000, 40_000, ['the load took 40 s, 60 s were planned']],
])('%d arrivals in %d ms against 1000 in 60 s', (arrivals, durationMs, deviations) => {
  expect(deviationsFrom(plan(false), { arrivals, durationMs })).toEqual(deviations);
});

it('a plan that stops at a crossed threshold may be shorter, not longer', () => {
  expect(deviationsFrom(plan(true), { arrivals: 10, durationMs: 1000 })).toEqual([]);
  expect(deviationsFrom(plan(true), { arrivals: 2000, durationMs: 1000 })).toHaveLength(1);
});
