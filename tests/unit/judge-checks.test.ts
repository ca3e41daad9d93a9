import { describe, expect, it } from 'vitest';
import type {
  JourneyStep,
  LoadEvidence,
  MetricsEvidence,
  ProbeEvidence,
  ShutdownEvidence,
  SmokeEvidence,
  ToolOutcome,
} from '../../src/core/evidence.ts';
import { judgeLoad } from '../../src/core/judge/load.ts';
import { judgeMetrics } from '../../src/core/judge/metrics.ts';
import { judgeHealth, judgeReadiness, judgeDependencies } from '../../src/core/judge/probe.ts';
import { judgeRelease } from '../../src/core/judge/release.ts';
import { judgeRun } from '../../src/core/judge/run.ts';
import { judgeShutdown } from '../../src/core/judge/shutdown.ts';
import { judgeSmoke } from '../../src/core/judge/smoke.ts';
import type { CheckPlan } from '../../src/core/plan.ts';
import type { RunEvidence } from '../../src/core/run-result.ts';
import { settings as rolloutSettings } from './rollout/samples.ts';
import { planBlueGreen } from '../../src/core/rollout/plan.ts';
import { applicableSlos, type Slo } from '../../src/core/slo.ts';

const outcome: ToolOutcome = {
  tool: 'newman',
  version: '6',
  command: ['newman'],
  exitCode: 0,
  signal: null,
  timedOut: false,
  interrupted: false,
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 1000,
  stdout: '',
  stderr: '',
};

describe('probes', () => {
  const sample = (ok: boolean, why = 'it answered 503') => ({
    at: '',
    status: ok ? 200 : 503,
    durationMs: 5,
    requestId: 'r-1',
    ok,
    ...(ok ? {} : { why }),
  });
  const probe = (more: Partial<ProbeEvidence>): ProbeEvidence => ({
    kind: 'probe',
    url: 'http://target/readyz',
    samples: [],
    stableMs: 0,
    wantedStableMs: 60_000,
    interruptions: 0,
    files: [],
    problems: [],
    ...more,
  });

  it('health passes only when every answer was right, and lists the request ids of the others', () => {
    expect(judgeHealth(probe({ samples: [sample(true), sample(true)] })).status).toBe('pass');
    expect(judgeHealth(probe({ samples: [sample(true), sample(false)] }))).toMatchObject({
      status: 'fail',
      requestIds: ['r-1'],
      clauses: ['2.B3a'],
    });
    expect(judgeHealth(probe({})).status).toBe('inconclusive');
  });

  it('readiness passes only for the whole window', () => {
    expect(judgeReadiness(probe({ samples: [sample(true)], stableMs: 60_000 })).status).toBe('pass');
    expect(judgeReadiness(probe({ samples: [sample(true)], stableMs: 59_999 })).status).toBe('fail');
    expect(judgeReadiness(probe({ samples: [sample(true), sample(false)], interruptions: 3 }))).toMatchObject({
      status: 'fail',
      because: expect.stringContaining('became ready and then not ready 3 times'),
    });
    expect(judgeReadiness(probe({ samples: [sample(false)] }))).toMatchObject({
      status: 'fail',
      because: expect.stringContaining('never ready'),
    });
    expect(judgeReadiness(probe({ samples: [sample(true)], problems: ['interrupted'] })).status).toBe('error');
    expect(judgeReadiness(probe({})).status).toBe('inconclusive');
  });

  it('readiness without its database fails 2.B3b', () => {
    expect(
      judgeDependencies(probe({ samples: [sample(false, 'readiness was ready while a route answered 500')] })),
    ).toMatchObject({ status: 'fail', clauses: ['2.B3b'], because: expect.stringContaining('was ready while') });
  });
});

describe('smoke', () => {
  const step = (more: Partial<JourneyStep> = {}): JourneyStep => ({
    name: 'pays',
    group: 'g',
    status: 'pass',
    durationMs: 1,
    requestIds: ['r-1'],
    assertions: [{ name: 'status 200', ok: true }],
    attachments: [],
    ...more,
  });
  const judge = (steps: readonly JourneyStep[], more: Partial<SmokeEvidence> = {}) =>
    judgeSmoke({
      id: 's',
      title: 'S',
      evidence: { kind: 'smoke', outcome, steps, files: [], problems: [], ...more },
      budgetMs: 300_000,
    });

  it.each([
    ['pass', [step()], {}],
    ['error', [], {}],
    ['error', [step({ assertions: [] })], {}],
    ['error', [step(), step({ status: 'skipped' })], {}],
    ['error', [step(), step({ status: 'not-run' })], {}],
    ['error', [step()], { problems: ['unreadable'] }],
    ['error', [step()], { outcome: { ...outcome, exitCode: 1 } }],
    ['error', [step()], { outcome: { ...outcome, exitCode: null, signal: 'SIGKILL' } }],
    ['error', [step()], { outcome: { ...outcome, interrupted: true } }],
    ['fail', [step()], { outcome: { ...outcome, timedOut: true } }],
    ['fail', [step(), step({ status: 'fail' })], { problems: ['and a crash besides'] }],
    ['fail', [step({ status: 'flaky' })], {}],
    ['inconclusive', [step({ status: 'rate-limited' }), step({ status: 'not-run' })], {}],
  ] as [string, JourneyStep[], Partial<SmokeEvidence>][])('is %s for case %#', (status, steps, more) => {
    expect(judge(steps, more).status).toBe(status);
  });

  it('names the clause of 3.2 of a failed answer, and its request id', () => {
    const declined = step({ status: 'fail', httpStatus: 402, url: 'http://t/payments/escrow', requestIds: ['r-9'] });
    expect(judge([declined])).toMatchObject({ clauses: ['3.1', '3.2c'], requestIds: ['r-9'] });
    expect(judge([step({ status: 'fail', httpStatus: 500, url: 'http://t/jobs' })]).clauses).toEqual(['3.1', '3.2d']);
    expect(judge([step({ status: 'fail', httpStatus: 200, url: 'http://t/jobs' })]).clauses).toEqual(['3.1']);
  });
});

const slo: Slo = {
  id: 'server-errors',
  title: '5xx rate',
  clause: '3.2d',
  event: { kind: 'server-error' },
  limit: 0.005,
  limitIncluded: false,
  minSamples: 800,
};

const load = (more: Partial<LoadEvidence> = {}): LoadEvidence => ({
  kind: 'load',
  outcome: { ...outcome, tool: 'k6' },
  profile: 'stage',
  requests: 1000,
  iterations: 400,
  droppedIterations: 0,
  exceptions: 0,
  unanswered: 0,
  wrongRelease: { events: 0, trials: 0 },
  slo: { 'server-errors': { events: 0, trials: 1000 } },
  percentiles: {},
  thresholds: [],
  checks: [{ name: 'status', passes: 1000, fails: 0 }],
  series: [],
  files: [],
  problems: [],
  ...more,
});

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

describe('shutdown', () => {
  const shutdown = (more: Partial<ShutdownEvidence> = {}): ShutdownEvidence => ({
    kind: 'shutdown',
    inFlight: [{ status: 201, durationMs: 5 }],
    stopExitCode: 0,
    stopDurationMs: 900,
    startedAgain: true,
    files: [],
    problems: [],
    ...more,
  });
  it.each([
    ['pass', {}],
    ['fail', { inFlight: [{ status: null, error: 'socket hang up', durationMs: 5 }] }],
    ['fail', { inFlight: [{ status: 503, durationMs: 5 }] }],
    ['fail', { stopExitCode: 137 }],
    ['fail', { stopDurationMs: 30_001 }],
    ['error', { inFlight: [{ status: 401, durationMs: 5 }] }],
    [
      'fail',
      {
        inFlight: [
          { status: 401, durationMs: 5 },
          { status: null, durationMs: 5 },
        ],
      },
    ],
    ['error', { startedAgain: false }],
    ['error', { problems: ['the stop command did not end'] }],
    ['inconclusive', { inFlight: [] }],
  ] as [string, Partial<ShutdownEvidence>][])('is %s for case %#', (status, more) => {
    expect(judgeShutdown(shutdown(more))).toMatchObject({ status, clauses: ['2.R4'] });
  });
});

describe('a run', () => {
  const plan: CheckPlan = {
    steps: ['health', 'metrics', 'shutdown', 'load'],
    slos: [slo],
    offers: { web: false, metrics: false, shutdown: true },
    smokeBudgetMs: 1,
    leftOut: { load: 'an earlier check failed' },
  };
  const evidence = (more: Partial<RunEvidence> = {}): RunEvidence => ({
    schemaVersion: 2,
    runId: 'r',
    plan,
    smoke: [],
    ...more,
  });

  it('names what was not checked: not applicable where the target has no such thing, skipped and required elsewhere', () => {
    const missing = Object.fromEntries(
      judgeRun(evidence()).notChecked.map(({ id, reason, required }) => [id, [reason, required]]),
    );
    expect(missing).toEqual({
      health: ['skipped', true],
      metrics: ['not-applicable', false],
      shutdown: ['skipped', true],
      load: ['skipped', true],
      release: ['not-applicable', false],
    });
  });

  it('a kind of event without an objective is not checked: required after a load', () => {
    const notCounted = (more: Partial<RunEvidence>) =>
      judgeRun(evidence(more)).notChecked.flatMap(({ id, required }) =>
        id.startsWith('objective.') ? [[id, required]] : [],
      );
    expect(notCounted({})).toEqual([]);
    const missing = ['slow-response', 'failed-payment', 'server-error'].filter((kind) => kind !== slo.event.kind);
    expect(notCounted({ load: load() })).toEqual(missing.map((kind) => [`objective.${kind}`, true]));
  });

  it('a kind of objective that the target file leaves out by name is not applicable, with the reason; no other is', () => {
    const inapplicable = { 'payment-success': 'no payments here' };
    expect(applicableSlos([slo], inapplicable)).toEqual([slo]);
    expect(applicableSlos([slo], { 'server-errors': 'x', latency: 'x', 'payment-success': 'x' })).toEqual([]);
    const run = evidence({ load: load() });
    const { notChecked } = judgeRun({ ...run, plan: { ...run.plan, slos: [], inapplicable } });
    expect(notChecked.filter(({ id }) => id.startsWith('objective.'))).toMatchObject([
      { id: 'objective.slow-response', reason: 'skipped', required: true },
      {
        id: 'objective.failed-payment',
        reason: 'not-applicable',
        required: false,
        because: 'target file: no payments here',
      },
      { id: 'objective.server-error', reason: 'skipped', required: true },
    ]);
  });

  it('requires every kind of objective of a rollout as of a load', () => {
    const run = evidence({});
    const rollout = {
      plan: planBlueGreen({ release: 'b', live: 'blue', settings: rolloutSettings }),
      forecast: [],
      events: [],
    };
    const { notChecked } = judgeRun({ ...run, rollout, plan: { ...run.plan, slos: [] } });
    const missing = notChecked.filter(({ id }) => id.startsWith('objective.'));
    expect(missing.map(({ required }) => required)).toEqual([true, true, true]);
  });

  it('another release fails 2.B1, and no X-App-Release is an error', () => {
    const expected = { ...plan, expectedRelease: 'freetask@2' };
    const health = (release?: string): ProbeEvidence => ({
      kind: 'probe',
      url: '',
      samples: [{ at: '', status: 200, durationMs: 1, ok: true, ...(release ? { release } : {}) }],
      stableMs: 0,
      wantedStableMs: 0,
      interruptions: 0,
      files: [],
      problems: [],
    });
    const release = (more: Partial<RunEvidence>) =>
      judgeRun(evidence({ plan: expected, ...more })).judgements.find(({ id }) => id === 'release');
    expect(release({ health: health('freetask@2') })).toMatchObject({ status: 'pass' });
    expect(release({ health: health('freetask@1') })).toMatchObject({
      status: 'fail',
      clauses: ['2.B1'],
      actual: 'freetask@1',
    });
    expect(release({ health: health() })).toMatchObject({ status: 'error' });
  });
});
