import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSlos } from '../../src/config/slo-file.ts';
import type { JourneyStep, ProbeEvidence, SmokeEvidence } from '../../src/core/evidence.ts';
import type { ShutdownEvidence } from '../../src/core/shutdown-evidence.ts';
import { judgeHealth, judgeReadiness, judgeDependencies } from '../../src/core/judge/probe.ts';
import { judgeShutdown } from '../../src/core/judge/shutdown.ts';
import { judgeSmoke } from '../../src/core/judge/smoke.ts';
import { outcome } from './judge-samples.ts';

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
      slos: parseSlos('slo.yaml', readFileSync(resolve(import.meta.dirname, '../../config/slo.yaml'), 'utf8')),
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
    ['inconclusive', [step()], { outcome: { ...outcome, timedOut: true }, waitedMs: 2000 }],
    ['fail', [step({ status: 'fail' })], { outcome: { ...outcome, timedOut: true }, waitedMs: 2000 }],
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
