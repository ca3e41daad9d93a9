import type { JourneyStep } from '../../../src/core/evidence.ts';
import { conclude, healthyEvidence, type SampleRun } from './fixtures.ts';
import { newman, playwright, probe } from './journey.ts';
import { healthySecond, load } from './load.ts';
import { outcome } from './tools.ts';

export const goRun = (): SampleRun => conclude(healthyEvidence());

/** Many checks fail at once, with long messages. */
export function noGoRun(): SampleRun {
  const healthy = healthyEvidence();
  const loaded = load(
    (n) => ({
      ...healthySecond(n),
      serverErrors: n > 8 ? 2 + (n % 4) : 0,
      failedPayments: n % 4 === 0 ? 1 : 0,
      p50Ms: 260 + n * 11,
      p95Ms: 640 + ((n * 83) % 260) + n * 22,
    }),
    30,
    { p95: 0.131, p50: 0.52 },
  );
  const smoke = newman();
  const second = playwright();
  return conclude({
    ...healthy,
    readiness: probe({ path: '/readyz', startMs: 400, count: 40, wantedStableMs: 5000, bad: [11, 12, 25, 33] }),
    smoke: [
      {
        ...smoke,
        outcome: { ...smoke.outcome, exitCode: 1 },
        steps: smoke.steps.map((step, n): JourneyStep => (n === 7 ? brokenRelease(step) : step)),
      },
      {
        ...second,
        outcome: { ...second.outcome, exitCode: 1, stderr: 'Error: expect(locator).toBeVisible() failed' },
        steps: second.steps.map((step): JourneyStep => (step.project === 'browser' ? brokenButton(step) : step)),
      },
    ],
    load: {
      ...loaded,
      droppedIterations: 214,
      checks: [...loaded.checks, { name: 'chat: 403 for another user', passes: 12, fails: 88 }],
    },
    shutdown: {
      ...healthy.shutdown!,
      inFlight: [
        { status: 201, durationMs: 1100, requestId: 'a5f0e2a4-51b5-4f53-8f5b-000000000001' },
        { status: null, error: 'socket hang up', durationMs: 402 },
      ],
    },
  });
}

const brokenRelease = (step: JourneyStep): JourneyStep => ({
  ...step,
  status: 'fail',
  httpStatus: 200,
  assertions: [
    { name: 'status is 409', ok: false, message: 'expected response to have status code 409 but got 200' },
    {
      name: 'the refusal has a reason',
      ok: false,
      message: `expected { data: { jobId: '5d1f', payment_state: 'RELEASED', status: 'COMPLETED' } } to have property 'error' ${'and so on '.repeat(30)}`,
    },
  ],
});

const brokenButton = (step: JourneyStep): JourneyStep => ({
  ...step,
  status: 'fail',
  durationMs: 5210,
  assertions: [{ name: 'every expectation holds', ok: false, message: 'the button "Release payment" did nothing' }],
  error: [
    'Error: expect(locator).toBeVisible() failed',
    '',
    "Locator: getByRole('status', { name: 'Payment released' })",
    'Expected: visible',
    'Timeout: 5000ms',
    'Error: element(s) not found',
    '    at smoke/browser.spec.ts:48:61',
  ].join('\n'),
  attachments: ['playwright/a client hires/test-failed-1.png', 'playwright/a client hires/trace.zip'],
});

/** No check fails and not all can be measured: k6 was killed, a source does not answer, a rate limit was reached. */
export function holdRun(): SampleRun {
  const { aftermath: _aftermath, shutdown: _shutdown, ...healthy } = healthyEvidence();
  const loaded = load(healthySecond, 6);
  const smoke = newman();
  return conclude(
    {
      ...healthy,
      plan: {
        ...healthy.plan,
        offers: { web: false, metrics: true, shutdown: false },
        leftOut: { aftermath: 'the load could not be measured' },
      },
      smoke: [
        {
          ...smoke,
          steps: smoke.steps.map((step, n): JourneyStep =>
            n === 0 ? { ...step, status: 'rate-limited', httpStatus: 429 } : step,
          ),
        },
      ],
      load: {
        ...loaded,
        outcome: {
          ...outcome('k6', '2.2.0', 10_400, 6400),
          exitCode: null,
          signal: 'SIGKILL',
          stderr: 'signal: killed',
        },
        problems: ['k6/summary.json was not written'],
      },
      metrics: { ...healthy.metrics!, problems: ['http://127.0.0.1:4103/metrics: connection refused'] },
    },
    {
      target: { name: 'staging', kind: 'staging', environment: 'green' },
      addresses: { api: 'https://green.staging.freetask.example', metrics: [] },
    },
  );
}

/** Ctrl-C during the load. */
export function interruptedRun(): SampleRun {
  const { health, readiness, dependencies, plan, runId, schemaVersion } = healthyEvidence();
  const loaded = load(healthySecond, 9);
  return conclude(
    {
      schemaVersion,
      runId,
      plan: { ...plan, leftOut: { metrics: 'interrupted', aftermath: 'interrupted', shutdown: 'interrupted' } },
      ...(health ? { health } : {}),
      ...(readiness ? { readiness } : {}),
      ...(dependencies ? { dependencies } : {}),
      smoke: [newman(), playwright()],
      load: { ...loaded, outcome: { ...loaded.outcome, interrupted: true, exitCode: 105 } },
    },
    { interrupted: true },
  );
}

/** A run that ended before its first check. */
export const emptyRun = (): SampleRun => {
  const { plan, runId, schemaVersion } = healthyEvidence();
  const { expectedRelease: _expected, ...rest } = plan;
  return conclude(
    { schemaVersion, runId, plan: { ...rest, steps: [] }, smoke: [] },
    { steps: [], deviations: [], tools: [] },
  );
};
