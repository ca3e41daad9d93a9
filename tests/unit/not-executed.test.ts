import { describe, expect, it } from 'vitest';
import type { JourneyStep, SmokeEvidence } from '../../src/core/evidence.ts';
import { inapplicableSteps, smokeChecks } from '../../src/core/judge/journey.ts';
import type { PlaywrightReport } from '../../src/runners/playwright-child/contract.ts';
import type { ChildReport } from '../../src/runners/newman-child/contract.ts';
import { stepsOf } from '../../src/runners/newman-steps.ts';
import { journeyOf } from '../../src/runners/playwright-steps.ts';
import { outcome } from './judge-samples.ts';

const reasons = {
  run: 'not run: the client has no session',
  applicable: 'not applicable: the target has no user client2',
  needed: 'not needed: Playwright tries it',
};
const origins = ['http://127.0.0.1'];

describe('a step that was not executed', () => {
  const skippedRequest = (itemId: string, name: string): ChildReport['executions'][number] => ({
    itemId,
    startedAt: '2026-01-01T00:00:00.000Z',
    durationMs: 0,
    method: 'GET',
    url: '',
    scriptErrors: [],
    assertions: [{ name, ok: true, skipped: true }],
    tries: 1,
    origins: [],
    unfilled: [],
    notes: [],
  });
  const report: ChildReport = {
    items: Object.keys(reasons).map((id) => ({ id, name: id, folder: 'all' })),
    executions: Object.entries(reasons).map(([id, reason]) => skippedRequest(id, reason)),
    failures: [],
    problems: [],
  };
  const test = (title: string, description: string): PlaywrightReport['tests'][number] => ({
    title,
    group: 'all',
    file: 'all.spec.ts',
    line: 1,
    focused: false,
    project: 'api',
    outcome: 'skipped',
    expectedStatus: 'skipped',
    result: {
      status: 'skipped',
      startedAt: 0,
      durationMs: 0,
      errors: [],
      steps: [],
      assertions: [],
      annotations: [{ type: 'skip', description }],
      attachments: [],
      workerIndex: 0,
    },
  });
  const tests = Object.entries(reasons).map(([title, reason]) => test(title, reason));
  const playwright = {
    mask: (text: string) => text,
    keep: () => undefined,
    expectedRelease: undefined,
    observed: [],
    origins: [],
  };
  const shown = (steps: readonly JourneyStep[]) => steps.map(({ name, status, error }) => [name, status, error]);

  it('gives its reason where the journey is our own; what another tool tries is no step', () => {
    const expected = [
      ['run', 'not-run', 'the client has no session'],
      ['applicable', 'not-applicable', 'the target has no user client2'],
    ];
    expect(shown(stepsOf(report, { isLimited: () => false, origins, isOwn: true }))).toEqual(expected);
    expect(shown(journeyOf({ errors: [], tests }, { ...playwright, isOwn: true }))).toEqual(expected);
  });

  it('is skipped where the journey is the target’s own: it cannot excuse itself', () => {
    const newman = stepsOf(report, { isLimited: () => false, origins });
    expect(newman.map(({ status }) => status)).toEqual(['skipped', 'skipped', 'skipped']);
    const steps = journeyOf({ errors: [], tests }, playwright);
    expect(steps.map(({ status }) => status)).toEqual(['skipped', 'skipped', 'skipped']);
  });
});

const journeyPlan = { smokeBudgetMs: 1000, offers: { web: false, metrics: false, shutdown: false } };

describe('a check with steps that do not apply', () => {
  const step = (name: string, status: JourneyStep['status'], error?: string): JourneyStep => ({
    name,
    group: 'g',
    project: 'api',
    status,
    durationMs: 1,
    requestIds: [],
    assertions: [{ name: 'status 200', ok: true }],
    attachments: [],
    ...(error === undefined ? {} : { error }),
  });
  const evidence = (steps: readonly JourneyStep[]): SmokeEvidence => ({
    kind: 'smoke',
    outcome,
    steps,
    projects: ['api'],
    files: [],
    problems: [],
  });
  const because = 'the target has no user client2';
  const [pays, cancels] = ['pays', 'cancels'].map((name) => step(name, 'not-applicable', because)) as [
    JourneyStep,
    JourneyStep,
  ];

  it('is judged by the others, and names them once for each reason', () => {
    const mixed = evidence([step('posts', 'pass'), pays, cancels, step('reviews', 'not-applicable', 'no route')]);
    expect(smokeChecks(mixed, journeyPlan)).toMatchObject([{ id: 'smoke.api', status: 'pass', samples: 1 }]);
    expect(inapplicableSteps(mixed)).toMatchObject([
      { id: 'smoke.api/the-target-has-no-user-client2', title: 'pays; cancels', because, required: false },
      { id: 'smoke.api/no-route', title: 'reviews' },
    ]);
  });

  it('is not judged where nothing else is left', () => {
    expect(smokeChecks(evidence([pays, cancels]), journeyPlan)).toEqual([]);
    expect(inapplicableSteps(evidence([pays, cancels]))).toHaveLength(1);
  });

  it('gives the reason of a step that was not run', () => {
    const [judgement] = smokeChecks(
      evidence([step('posts', 'pass'), step('pays', 'not-run', 'no session')]),
      journeyPlan,
    );
    expect(judgement).toMatchObject({ status: 'error', because: '"pays" was not run: no session.' });
  });
});

describe('a rate limit on any route', () => {
  const limited = { status: 429, limited: true, url: 'http://127.0.0.1/jobs' };
  const execution = (more: object) => ({
    itemId: 'jobs',
    startedAt: '',
    durationMs: 0,
    method: 'GET',
    url: 'http://127.0.0.1/jobs',
    scriptErrors: [],
    assertions: [{ name: 'status', ok: true, skipped: false }],
    tries: 1,
    origins,
    unfilled: [],
    notes: [],
    ...more,
  });
  const statusesOf = (executions: readonly ChildReport['executions'][number][]) =>
    stepsOf(
      { items: [{ id: 'jobs', name: 'jobs', folder: '' }], executions: [...executions], failures: [], problems: [] },
      { isLimited: () => false, origins },
    ).map(({ status }) => status);

  it('that says when it ends is no step once it was waited for, and no evidence while it lasts', () => {
    expect(statusesOf([execution(limited), execution({ status: 200 })])).toEqual(['pass']);
    const red = { assertions: [{ name: 'status', ok: false, skipped: false }] };
    expect(statusesOf([execution({ ...limited, ...red })])).toEqual(['rate-limited']);
    expect(statusesOf([execution({ status: 429, ...red })]), 'without Retry-After').toEqual(['fail']);
  });
});
