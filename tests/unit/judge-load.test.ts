import { describe, expect, it } from 'vitest';
import type { LoadEvidence, MetricsEvidence } from '../../src/core/evidence.ts';
import { judgeLoad } from '../../src/core/judge/load.ts';
import { judgeMetrics } from '../../src/core/judge/metrics.ts';
import { judgeRelease } from '../../src/core/judge/release.ts';
import type { RunEvidence } from '../../src/core/run-result.ts';
import { load, outcome, slo } from './judge-samples.ts';

describe('load', () => {
  const statuses = (more: Partial<LoadEvidence>) =>
    Object.fromEntries(judgeLoad(load(more), [slo]).map(({ id, status }) => [id, status]));

  it('passes when everything was measured and correct', () => {
    expect(statuses({})).toEqual({
      'load.run': 'pass',
      'load.answers': 'pass',
      'load.pace': 'pass',
      'load.server-errors': 'pass',
    });
  });

  it.each([
    ['exceptions', { exceptions: 400 }],
    ['no request', { requests: 0 }],
    ['a problem', { problems: ['no summary'] }],
    ['a killed tool', { outcome: { ...outcome, exitCode: null, signal: 'SIGKILL' } }],
    ['an exit code of a failure of k6 itself', { outcome: { ...outcome, exitCode: 107 } }],
    ['a time-out', { outcome: { ...outcome, timedOut: true } }],
    ['an interruption', { outcome: { ...outcome, interrupted: true } }],
  ] as [string, Partial<LoadEvidence>][])('%s: no objective passes', (_, more) => {
    const decided = statuses(more);
    expect(decided['load.run']).toBe('error');
    expect(decided['load.server-errors']).toBe('error');
  });

  it('crossed thresholds (exit 99) are decided by the counts', () => {
    const decided = statuses({
      outcome: { ...outcome, exitCode: 99 },
      slo: { 'server-errors': { events: 60, trials: 1000 } },
    });
    expect(decided).toMatchObject({ 'load.run': 'pass', 'load.server-errors': 'fail' });
  });

  it('a crossed threshold that no judgement accounts for is no pass', () => {
    const thresholds = [{ metric: 'rate_limited', expression: 'count==0', ok: false }];
    expect(statuses({ outcome: { ...outcome, exitCode: 99 }, thresholds })['load.run']).toBe('error');
    expect(statuses({ thresholds })['load.run']).toBe('error');
    const unanswered = [{ metric: 'unanswered', expression: 'count==0', ok: false }];
    expect(statuses({ outcome: { ...outcome, exitCode: 99 }, thresholds: unanswered })['load.run']).toBe('pass');
    expect(statuses({ outcome: { ...outcome, exitCode: 99 } })['load.run']).toBe('error');
  });

  it('an objective without counts, wrong answers and dropped arrivals do not pass', () => {
    expect(statuses({ slo: {} })['load.server-errors']).toBe('inconclusive');
    expect(statuses({ checks: [{ name: 'status', passes: 9, fails: 1 }] })['load.answers']).toBe('fail');
    expect(statuses({ checks: [] })['load.answers']).toBe('error');
    expect(statuses({ droppedIterations: 1 })['load.pace']).toBe('fail');
    expect(statuses({ droppedIterations: 1, generatorLateMs: 300 })['load.pace']).toBe('error');
  });
});

describe('who answered the load', () => {
  const judge = (more: Partial<LoadEvidence>, expectedRelease?: string) =>
    judgeRelease({ plan: { expectedRelease }, smoke: [], load: load(more) } as unknown as RunEvidence);
  const releases = [
    { name: 'freetask@2', answers: 700 },
    { name: 'freetask@1', answers: 300, lastSecond: 12 },
  ];

  it('another release than the named one fails 2.B1, with its answers and their end', () => {
    expect(judge({ releases }, 'freetask@2')).toMatchObject({
      status: 'fail',
      because: '300 of 1 000 answers came from freetask@1; none from freetask@1 after second 12 of the load.',
    });
  });

  it('two releases hold without a named one, with their shares; one does not need a name', () => {
    expect(judge({ releases })).toMatchObject({
      status: 'inconclusive',
      actual: 'freetask@2 70 % (700 of 1 000), freetask@1 30 % (300 of 1 000)',
    });
    expect(judge({ releases: releases.slice(0, 1) })).toMatchObject({ reason: 'not-applicable' });
  });
});

describe('a release that no header shows', () => {
  const judge = (plan: object, identity?: object) =>
    judgeRelease({
      plan: { expectedRelease: 'shop@2', releaseFrom: 'the field release of /version', ...plan },
      smoke: [],
      ...(identity ? { identity } : {}),
    } as unknown as RunEvidence);

  it('is that of the route', () => {
    expect(judge({}, { release: 'shop@2' })).toMatchObject({
      status: 'pass',
      because: 'All 1 answers with the field release of /version came from shop@2.',
    });
    expect(judge({}, { release: 'shop@1' })).toMatchObject({ status: 'fail', actual: 'shop@1' });
  });

  it('is not measured where the route does not answer, with the reason', () => {
    expect(judge({}, { problem: 'connect ECONNREFUSED' })).toMatchObject({
      status: 'error',
      because: 'shop@2 was expected, but no answer had the field release of /version (connect ECONNREFUSED).',
    });
  });

  it('is not applicable where the target file accepts that nothing shows it', () => {
    expect(judge({ unidentified: 'the gateway strips headers' })).toMatchObject({
      reason: 'not-applicable',
      because: 'target file: the gateway strips headers',
    });
  });
});

describe('metrics', () => {
  const metrics = (instances: MetricsEvidence['instances'], problems: string[] = []): MetricsEvidence => ({
    kind: 'metrics',
    from: '',
    to: '',
    instances,
    files: [],
    problems,
  });
  const instance = (events: number, trials: number, restarted = false) => ({
    url: 'http://t/metrics',
    slo: { 'server-errors': { events, trials } },
    edges: {},
    restarted,
  });
  const judge = (evidence: MetricsEvidence) => judgeMetrics(evidence, [slo])[0]?.status;

  it('an objective that one of the instances does not count is inconclusive, and names why', () => {
    const blind = { ...instance(0, 0), slo: {}, unknown: { 'server-errors': 'no label code' } };
    const [judged] = judgeMetrics(metrics([instance(0, 5000), blind]), [slo]);
    expect(judged).toMatchObject({
      status: 'inconclusive',
      because: 'Not counted by http://t/metrics: no label code.',
    });
  });

  it('responses slower than a bucket below the limit fail nothing', () => {
    const event = { kind: 'slow-response' as const, percentile: 50, thresholdMs: 400 };
    const latency = { ...slo, id: 'latency-p50', event, limit: 0.5 };
    const coarse = (edges: Readonly<Record<string, number>>) =>
      judgeMetrics(metrics([{ ...instance(0, 0), slo: { 'latency-p50': { events: 4000, trials: 5000 } }, edges }]), [
        latency,
      ])[0];
    expect(coarse({})).toMatchObject({ status: 'fail' });
    expect(coarse({ 'latency-p50': 250 })).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('no bucket at 400 ms; too many responses are slower than 250 ms') as unknown,
    });
  });

  it('sums the instances; one that was not read or restarted is no pass', () => {
    expect(judge(metrics([instance(0, 500), instance(0, 600)]))).toBe('pass');
    expect(judge(metrics([instance(0, 500), instance(50, 600)]))).toBe('fail');
    expect(judge(metrics([instance(0, 1100), instance(0, 0, true)]))).toBe('error');
    expect(judge(metrics([instance(0, 1100)], ['second instance: refused']))).toBe('error');
    expect(judge(metrics([], ['refused']))).toBe('error');
    expect(judge(metrics([]))).toBe('inconclusive');
  });

  it('counters that have not counted the requests of the load are not those of every instance', () => {
    const sent = load({ requests: 1800, slo: { 'server-errors': { events: 0, trials: 1800 } } });
    expect(judgeMetrics(metrics([instance(0, 1000)]), [slo], sent)[0]).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('1 000 of the 1 800 that the load sent'),
    });
    expect(judgeMetrics(metrics([instance(0, 1000), instance(0, 790)]), [slo], sent)[0]?.status).toBe('pass');
  });

  it('requests that are not of the load are no users where no route label tells probes apart', () => {
    const counted = (routed: boolean) => metrics([{ ...instance(0, 3000), routed }]);
    const status = (evidence: MetricsEvidence, requests: number) =>
      judgeMetrics(evidence, [slo], load({ requests }))[0];
    expect(status(counted(false), 1000)).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('2 000 of 3 000 counted requests are not of the load'),
    });
    expect(status(counted(false), 2900)?.status).toBe('pass');
    expect(status(counted(true), 1000)?.status).toBe('pass');
  });
});
