import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messageOf } from '../../load/message.ts';
import { heartbeatOf } from '../../load/options.ts';
import { loadEngineRights } from '../../src/core/load-engine.ts';
import { planLoad } from '../../src/core/load-plan.ts';
import { describeRunners, segmentOf, usersOfRunner } from '../../src/core/load-segments.ts';
import { countedMetrics, type MessageCount, type RunnerMessage } from '../../src/core/load-runner.ts';
import type { Slo } from '../../src/core/slo.ts';
import { UserError } from '../../src/core/errors.ts';
import { mergeMessages } from '../../src/runners/k6-cluster/merge.ts';
import { parseMessage } from '../../src/runners/k6-cluster/message.ts';

const latency = (id: string): Slo => ({
  id,
  title: id,
  clause: '3.2c',
  event: { kind: 'slow-response', percentile: 95, thresholdMs: 1000 },
  limit: 0.05,
  limitIncluded: false,
  minSamples: 10,
});
const errors: Slo = { ...latency('server-errors'), event: { kind: 'server-error' }, limit: 0.005 };
const slos = [latency('latency'), errors];

const profiles = {
  users: [],
  patienceMs: 2000,
  mix: { browse: { share: 1, requests: 2, payments: 0 }, rare: { share: 0.01, requests: 1, payments: 0 } },
  profiles: {
    steady: { title: 'steady', rate: 100, start: 1, stages: [{ to: 1, overMs: 60_000 }], stopOnBreach: false },
    stops: { title: 'stops', rate: 100, start: 1, stages: [{ to: 1, overMs: 60_000 }], stopOnBreach: true },
  },
};

describe('one plan over several runners', () => {
  it('segments cover the whole without a gap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 100 }), (runners) => {
        const segments = Array.from({ length: runners }, (_, index) => segmentOf(index, runners));
        const edges = segments.map(({ executionSegment }) => executionSegment.split(':'));
        expect(edges[0]?.[0]).toBe('0');
        expect(edges.at(-1)?.[1]).toBe('1');
        edges.slice(1).forEach(([from], index) => expect(from).toBe(edges[index]?.[1]));
        expect(new Set(segments.map((each) => each.executionSegmentSequence)).size).toBe(1);
      }),
    );
    expect(segmentOf(1, 4)).toEqual({ executionSegment: '1/4:1/2', executionSegmentSequence: '0,1/4,1/2,3/4,1' });
  });

  it('every runner has users for every scenario, and a whole heartbeat', () => {
    const plan = planLoad(profiles, { profile: 'steady', runners: 7 });
    for (const { users } of plan.scenarios) expect(users % 7).toBe(0);
    expect(Number.isInteger(usersOfRunner(plan))).toBe(true);
    expect(heartbeatOf(plan)).toMatchObject({ rate: 28, preAllocatedVUs: 7 });
    expect(planLoad(profiles, { profile: 'steady' })).not.toHaveProperty('runners');
  });

  it('the forecast names the part of each', () => {
    const plan = planLoad(profiles, { profile: 'steady', runners: 4 });
    expect(describeRunners(plan, { driver: 'kubernetes', image: 'grafana/k6:2.2.0' })).toMatch(
      /^load\.engine kubernetes: 4 runners of grafana\/k6:2\.2\.0, each with 1\/4 of the plan: up to 25 requests\/s by \d+ virtual users$/,
    );
  });

  it('a profile that stops at a crossed threshold is refused', () => {
    expect(() => planLoad(profiles, { profile: 'stops', runners: 2 })).toThrow(UserError);
    expect(planLoad(profiles, { profile: 'stops' }).stopOnBreach).toBe(true);
  });
});

const expected = { run: 'r', segment: '0:1/2', runners: 2, slow: 1 };
const options = { run: 'r', segment: '0:1/2', sequence: '0,1/2,1', options: [], slos, now: 2_000_000_000_000 };
const largest = Number.MAX_SAFE_INTEGER;

describe('the message of a runner', () => {
  it('fits 4 096 bytes and keeps every count, whatever the names are', () => {
    const checks = Array.from({ length: 60 }, (_, index) => ({
      name: `${'ü'.repeat(400)} ${index}`,
      passes: 2,
      fails: 1,
    }));
    const metrics = Object.fromEntries(
      [...Object.values(countedMetrics), 'slow_latency'].map((name) => [name, { values: { count: largest } }]),
    );
    const text = messageOf(
      { metrics, state: { testRunDurationMs: 1 }, root_group: { checks } },
      { ...options, options: Array.from({ length: 9 }, () => 'x'.repeat(900)) },
    );
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(4096);
    const written = JSON.parse(text) as RunnerMessage;
    expect(written.counts.q).toBe(largest);
    expect(written.checks.reduce((sum, [, , fails]) => sum + fails, 0)).toBe(60);
  });

  it('of a load without a sample says so in every count', () => {
    const text = messageOf({ metrics: {}, state: { testRunDurationMs: 5 }, root_group: { checks: [] } }, options);
    const parsed = parseMessage(text, expected);
    expect(parsed).toMatchObject({ duration: null, counts: { q: 0 } });
    expect(mergeMessages([parsed as RunnerMessage], slos).thresholds).toContainEqual({
      metric: 'http_reqs',
      expression: 'count>=10',
      ok: false,
    });
  });

  it.each([
    ['{"run":"r"', 'left counts that cannot be read'],
    ['x'.repeat(4096), 'cut off after 4 096 bytes'],
    ['{}', 'left counts that cannot be read'],
    [undefined, 'left no counts'],
    [JSON.stringify({ ...message(), extra: 1 }), 'left counts that cannot be read'],
    [JSON.stringify(message({ q: 1.5 })), 'left counts that cannot be read'],
    [JSON.stringify(message({ q: -1 })), 'left counts that cannot be read'],
    [JSON.stringify({ ...message(), run: 'other' }), 'left the counts of another run, other'],
    [JSON.stringify({ ...message(), of: 3 }), 'sent segment 0:1/2 of 3, 0:1/2 of 2 was planned'],
    [JSON.stringify({ ...message(), slow: [] }), '0 objectives of latency counted, 1 were planned'],
    [JSON.stringify({ ...message(), slow: [11] }), '11 of 10 requests too slow'],
    [JSON.stringify(message({ h: 99 })), '99 heartbeats in 20 iterations'],
    [JSON.stringify({ ...message({ q: 0, ef: 0, ok: 0 }), duration: null }), 'no request in 12 iterations'],
  ])('%#: is refused: %s', (text, why) => {
    expect(parseMessage(text, expected)).toContain(why);
  });
});

function message(counts: Partial<Record<MessageCount, number>> = {}, more: Partial<RunnerMessage> = {}): RunnerMessage {
  const zero = { q: 10, i: 20, d: 0, h: 8, x: 0, u: 0, l: 0, w: 0, n: 0, fl: 0, fu: 0, ok: 10, p: 0 };
  const rates = { et: 0, ef: 10, rt: 0, rf: 0 };
  return {
    run: 'r',
    segment: '0:1/2',
    of: 2,
    began: 1,
    options: [],
    counts: { ...zero, ...rates, ...counts },
    slow: [0],
    late: 1,
    duration: [1, 2, 3],
    blocked: null,
    checks: [],
    ...more,
  };
}

describe('the sum of several runners', () => {
  it('is exact: requests, events and trials of each objective, dropped arrivals', () => {
    const part = fc.record({ q: fc.nat(1e6), e: fc.nat(1e6), slow: fc.nat(1e6), d: fc.nat(1e6) });
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 20 }), (parts) => {
        const messages = parts.map(({ q, e, slow, d }) =>
          message({ q: q + e, et: e, ef: q, d }, { slow: [Math.min(slow, q + e)] }),
        );
        const sum = (value: (each: RunnerMessage) => number) => messages.reduce((all, each) => all + value(each), 0);
        const numbers = mergeMessages(messages, slos);
        expect(numbers.requests).toBe(sum(({ counts }) => counts.q));
        expect(numbers.droppedIterations).toBe(sum(({ counts }) => counts.d));
        expect(numbers.slo['server-errors']).toEqual({
          events: sum(({ counts }) => counts.et),
          trials: sum(({ counts }) => counts.q),
        });
        expect(numbers.slo['latency']?.events).toBe(sum(({ slow: [first = 0] }) => first));
        // A percentile of parts does not follow from theirs.
        expect(numbers.percentiles).toEqual(
          parts.length > 1 || numbers.requests === 0 ? {} : { p50Ms: 1, p95Ms: 2, p99Ms: 3 },
        );
      }),
    );
  });

  it('the latest heartbeat of any runner is the generator’s', () => {
    const numbers = mergeMessages([message(), message({}, { late: 321 })], slos);
    expect(numbers.generatorLateMs).toBe(321);
    expect(numbers.problems.join()).toContain('up to 321 ms late');
  });

  it('a threshold is crossed by the sum, not by one runner', () => {
    const failing = message({ q: 1000, et: 6, ef: 994 });
    const fine = message({ q: 1000, ef: 1000 });
    const isMet = (messages: RunnerMessage[]) =>
      mergeMessages(messages, slos).thresholds.find(({ metric }) => metric === 'http_req_failed')?.ok;
    expect(isMet([failing])).toBe(false);
    expect(isMet([failing, fine])).toBe(true);
  });
});

it('the rights of each engine have no wildcard and no access to the tokens of others', () => {
  for (const driver of ['kubernetes', 'k6-operator'] as const)
    for (const { verb, resource } of loadEngineRights({ driver })) {
      expect(resource).not.toContain('*');
      if (resource === 'secrets') expect(['create', 'delete']).toContain(verb);
    }
});
