import { expect, it } from 'vitest';
import type { LoadScript } from '../../src/core/evidence.ts';
import { judgeLoad } from '../../src/core/judge/load.ts';
import { load, outcome, slo as errors } from './judge-samples.ts';

/** How a load by a script of the target's own is judged. */
const own: LoadScript = {
  file: 'script.js',
  options: 'replaced',
  thresholds: [],
  uncounted: {},
  excusedChecks: 0,
  requestShare: 0.9,
  origins: ['http://shop.example'],
  elsewhere: { origins: [], answers: 0 },
};
const judge = (more: Partial<LoadScript>, evidence: Parameters<typeof load>[0] = {}) =>
  Object.fromEntries(
    judgeLoad(load({ ...evidence, script: { ...own, ...more } }), [errors]).map((each) => [each.id, each]),
  );
const statuses = (judged: ReturnType<typeof judge>) =>
  Object.fromEntries(Object.entries(judged).map(([id, { status }]) => [id, status]));

it('another origin: nothing passes, and both are named', () => {
  const judged = judge({ elsewhere: { origins: ['http://other.example'], answers: 3 } });
  expect(judged['load.run']?.because).toMatch(
    /^3 of 1 000 requests asked http:\/\/other\.example, .*http:\/\/shop\.example/,
  );
  expect(statuses(judged)).toMatchObject({
    'load.run': 'error',
    'load.answers': 'error',
    'load.server-errors': 'error',
  });
});

it('an objective that nothing counts is inconclusive, with what to write', () => {
  expect(judge({ uncounted: { 'server-errors': 'Nothing counts it.' } })['load.server-errors']).toMatchObject({
    status: 'inconclusive',
    because: 'Nothing counts it.',
  });
});

it('a crossed threshold of the script fails by its expression; one without a sample is no pass', () => {
  const [crossed, met, empty] = [
    { metric: 'paid', expression: 'rate>0.95', ok: false, samples: true },
    { metric: 'orders', expression: 'count>=5', ok: true, samples: true },
    { metric: 'checks{name:x}', expression: 'rate>0.9', ok: true, samples: false },
  ];
  const exit = { outcome: { ...outcome, exitCode: 99 }, thresholds: [crossed] };
  expect(judge({ thresholds: [crossed, met] }, exit)).toMatchObject({
    'load.run': { status: 'pass' },
    'load.thresholds': { status: 'fail', because: 'Crossed: paid: rate>0.95.', actual: '1 of 2 met' },
  });
  expect(judge({ thresholds: [met] })['load.thresholds']?.status).toBe('pass');
  expect(judge({ thresholds: [met, empty] })['load.thresholds']?.status).toBe('error');
});

it('checks on a 5xx are counted once; a further failed check is a wrong answer', () => {
  const checks = [{ name: 'status', passes: 990, fails: 10 }];
  expect(judge({ excusedChecks: 10 }, { checks })['load.answers']).toMatchObject({ status: 'pass', samples: 990 });
  expect(judge({ excusedChecks: 9 }, { checks })['load.answers']?.status).toBe('fail');
});

it('dropped arrivals are the target’s where its iterations are requests, and not where the script waits', () => {
  const dropped = { droppedIterations: 40 };
  expect(judge({}, dropped)['load.pace']?.status).toBe('fail');
  expect(judge({ requestShare: 0.1 }, dropped)['load.pace']).toMatchObject({
    status: 'error',
    because: expect.stringContaining('only 10 % of the time of its iterations was spent in requests'),
  });
});
