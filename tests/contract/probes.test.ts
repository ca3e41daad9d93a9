import { afterEach, describe, expect, it } from 'vitest';
import { judgeHealth, judgeReadiness } from '../../src/core/judge/probe.ts';
import type { RunEvent } from '../../src/core/events.ts';
import type { Target } from '../../src/core/target.ts';
import { paceMs } from '../../src/core/pace.ts';
import { probeDependencies, probeHealth, probeReadiness } from '../../src/sources/probe.ts';
import { createPacer } from '../../src/system/pacer.ts';
import { type Answer, type Asked, fakeClock, type ScriptedServer, startScripted } from './support/scripted-server.ts';
import { urlTarget } from './support/target-at.ts';

let server: ScriptedServer | undefined;
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
});

const readiness = { stableForMs: 10_000, intervalMs: 1000, budgetMs: 60_000 };
const healthy = { body: { data: { status: 'ok' } } };
const ready = { body: { data: { status: 'ready' } } };
const limited = (seconds: number): Answer => ({ status: 429, headers: { 'retry-after': String(seconds) } });

async function asking(flags: Record<string, string>, answer: (asked: Asked, count: number) => Answer, more = {}) {
  server = await startScripted(answer);
  const target: Target = { ...urlTarget(server.address, flags), readiness, ...more };
  const clock = fakeClock();
  const events: RunEvent[] = [];
  const context = {
    clock,
    signal: new AbortController().signal,
    emit: (event: RunEvent) => void events.push(event),
    pacer: createPacer(paceMs(target.rateLimit), clock),
  };
  return { target, clock, context, events };
}

describe('health', () => {
  it('is asked as the target file says', async () => {
    const { target, context } = await asking({ health: 'HEAD /up 204' }, () => ({ status: 204 }));
    expect(judgeHealth(await probeHealth(target, context))).toMatchObject({ status: 'pass', expected: '204' });
    expect(server?.asked.map(({ method, url }) => `${method} ${url}`)).toEqual(Array(3).fill('HEAD /up'));
  });

  it('what was expected is said beside what came', async () => {
    const { target, context } = await asking({ health: '/up 200 {"state":"UP"}' }, () => ({ body: { state: 'DOWN' } }));
    expect(judgeHealth(await probeHealth(target, context))).toMatchObject({
      status: 'fail',
      because: `${server?.address}/up: it answered 200 {"state":"DOWN"}, expected 200 {"state":"UP"}.`,
    });
  });

  it('a rate limit is waited for, visibly, and is not a failed probe', async () => {
    const { target, context, clock, events } = await asking({}, (_, count) => (count === 2 ? limited(7) : healthy));
    const judged = judgeHealth(await probeHealth(target, context));
    expect(judged).toMatchObject({ status: 'pass' });
    expect(judged.actual).toContain('1 of 4 probes were answered 1 with 429 by a rate limit');
    expect(clock.slept).toContain(7000);
    expect(events).toContainEqual(
      expect.objectContaining({ type: 'step-progress', text: 'a rate limit answered 429: waiting 7 s' }),
    );
  });

  it('a rate limit that outlasts the budget leaves it undecided', async () => {
    const { target, context } = await asking({}, () => limited(20));
    const judged = judgeHealth(await probeHealth(target, context));
    expect(judged).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('not reached') as unknown,
    });
  });

  it('a 503 without the release header is the front’s, where the service names its release', async () => {
    const named = { ...healthy, headers: { 'x-app-release': 'shop@1' } };
    const { target, context } = await asking({}, (_, count) => (count === 2 ? { status: 503 } : named));
    expect(judgeHealth(await probeHealth(target, context))).toMatchObject({ status: 'pass' });
  });

  it('a 503 of a service without a release header is its own', async () => {
    const { target, context } = await asking({}, (_, count) => (count === 2 ? { status: 503 } : healthy));
    expect(judgeHealth(await probeHealth(target, context))).toMatchObject({ status: 'fail' });
  });

  it('a redirect to another origin is said', async () => {
    const location = 'https://sso.example/login';
    const { target, context } = await asking({}, () => ({ status: 302, headers: { location } }));
    const { status, because } = judgeHealth(await probeHealth(target, context));
    expect(status).toBe('fail');
    expect(because).toContain(`302 with a redirect to ${location}, another origin, expected 200`);
  });
});

describe('readiness', () => {
  it('without a readiness route, health has to be stable', async () => {
    const { target, context } = await asking({ ready: 'none' }, () => healthy);
    const judged = judgeReadiness(await probeReadiness(target, context));
    expect(judged).toMatchObject({ status: 'pass', title: 'Health is stable (no readiness route)' });
    expect(server?.asked.every(({ url }) => url === '/healthz')).toBe(true);
  });

  it('time in which a front answered is unobserved: the window is longer, and nothing was interrupted', async () => {
    const { target, context } = await asking({}, (_, count) => (count === 5 ? limited(4) : ready));
    const evidence = await probeReadiness(target, context);
    expect(judgeReadiness(evidence)).toMatchObject({ status: 'pass' });
    expect(evidence.interruptions).toBe(0);
    // 4 and 1 s of the limit, and the second before its answer.
    expect(context.clock.monotonic()).toBe(15_000);
  });

  it('a service that is never ready fails with what is missing', async () => {
    const body = { data: { status: 'starting' } };
    const { target, context } = await asking({}, () => ({ status: 503, body }));
    expect(judgeReadiness(await probeReadiness(target, context))).toMatchObject({
      status: 'fail',
      because: expect.stringContaining(
        'was never ready. Last failed probe: it answered 503 {"data":{"status":"starting"}}, expected 200 {"status":"ready"}',
      ) as unknown,
    });
  });

  it('a route that is not there is named as a setting, and reported once whatever its answer says', async () => {
    const none = (_: Asked, count: number): Answer => ({ status: 404, body: { requestId: `r-${count}` } });
    const { target, context, events } = await asking({}, none);
    const judged = judgeReadiness(await probeReadiness(target, context));
    expect(judged.because).toContain('Is the route right (--ready or paths.ready; none: there is no such route)?');
    const texts = events.flatMap((event) => (event.type === 'step-progress' ? event.text : []));
    expect(new Set(texts).size).toBe(1);
    expect(judgeHealth(await probeHealth(target, context)).because).toContain('(--health or paths.health)?');
  });

  it('probes keep below the rate limit of the target file', async () => {
    const { target, context } = await asking({ rateLimit: '30/m' }, () => ready);
    const { samples } = await probeReadiness(target, context);
    const times = samples.map(({ at }) => Date.parse(at));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(2000);
  });
});

describe('a route that needs the database', () => {
  it('is not asked where the service has none', async () => {
    const { target, context } = await asking({ login: 'none' }, () => healthy);
    expect(await probeDependencies(target, context)).toBeUndefined();
    expect(server?.asked).toEqual([]);
  });

  it('that answers 404 suggests the prefix', async () => {
    const { target, context } = await asking({}, () => ({ status: 404 }));
    const evidence = await probeDependencies(target, context);
    expect(evidence?.problems[0]).toContain('is the prefix right (--auth-path)');
  });
});
