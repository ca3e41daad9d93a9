import { judgeRun } from '../../../src/core/judge/run.ts';
import { seenReleases } from '../../../src/core/judge/release.ts';
import type {
  Count,
  JourneyStep,
  LoadPoint,
  ProbeEvidence,
  SmokeEvidence,
  ToolOutcome,
} from '../../../src/core/evidence.ts';
import type { StepId } from '../../../src/core/plan.ts';
import { type RunEvidence, type RunResult, schemaVersion } from '../../../src/core/run-result.ts';
import type { Slo } from '../../../src/core/slo.ts';
import { exitCodeOf, reachVerdict } from '../../../src/core/verdict.ts';

/** Runs as the suite writes them; judged by the real judges, so that no report is tried on a run that cannot be. */
export interface SampleRun {
  readonly result: RunResult;
  readonly evidence: RunEvidence;
}

const begin = Date.parse('2026-03-03T02:14:07.120Z');
const at = (ms: number): string => new Date(begin + ms).toISOString();
const requestId = (n: number): string => `6f1c2b1e-0c5d-4e0a-9a57-${n.toString(16).padStart(12, '0')}`;

export const slos: readonly Slo[] = [
  {
    id: 'latency-p95',
    title: 'Latency P95',
    clause: '3.2a',
    event: { kind: 'slow-response', percentile: 95, thresholdMs: 1000 },
    limit: 0.05,
    limitIncluded: false,
    minSamples: 200,
  },
  {
    id: 'latency-p50',
    title: 'Latency P50',
    clause: '3.2a',
    event: { kind: 'slow-response', percentile: 50, thresholdMs: 400 },
    limit: 0.5,
    limitIncluded: false,
    minSamples: 200,
  },
  {
    id: 'payment-success',
    title: 'Payment success',
    clause: '3.2c',
    event: { kind: 'failed-payment' },
    limit: 0.02,
    limitIncluded: true,
    minSamples: 200,
    rollback: { clause: '4.1b', above: 0.01 },
  },
  {
    id: 'server-errors',
    title: '5xx rate',
    clause: '3.2d',
    event: { kind: 'server-error' },
    limit: 0.005,
    limitIncluded: false,
    minSamples: 800,
    rollback: { clause: '4.1b', above: 0.01 },
  },
];

export const outcome = (tool: string, version: string, startMs: number, durationMs: number): ToolOutcome => ({
  tool,
  version,
  command: [tool, 'run', '--quiet'],
  exitCode: 0,
  signal: null,
  timedOut: false,
  interrupted: false,
  startedAt: at(startMs),
  durationMs,
  stdout: '',
  stderr: '',
});

interface ProbeShape {
  readonly path: string;
  readonly startMs: number;
  readonly count: number;
  readonly wantedStableMs?: number;
  /** Samples that were not ok, by their number. */
  readonly bad?: readonly number[];
}

export function probe({ path, startMs, count, wantedStableMs = 0, bad = [] }: ProbeShape): ProbeEvidence {
  const samples = Array.from({ length: count }, (_, n) => ({
    at: at(startMs + n * 250),
    durationMs: 3 + (n % 5),
    requestId: requestId(startMs + n),
    release: 'freetask@1.4.0',
    ...(bad.includes(n)
      ? { status: 503, ok: false, why: 'status 503 where 200 was expected' }
      : { status: 200, ok: true }),
  }));
  const lastBad = Math.max(-1, ...bad);
  return {
    kind: 'probe',
    url: `http://127.0.0.1:4002${path}`,
    samples,
    stableMs: Math.max(0, count - 1 - (lastBad + 1)) * 250,
    wantedStableMs,
    interruptions: bad.length,
    files: [],
    problems: [],
  };
}

const stepNames = [
  ['Happy journey', 'POST', '/auth/login', 'Client asks for an OTP', 200],
  ['Happy journey', 'POST', '/auth/verify-otp', 'Client signs in', 200],
  ['Happy journey', 'POST', '/jobs', 'Client posts a job', 201],
  ['Happy journey', 'POST', '/bids', 'Freelancer applies', 201],
  ['Happy journey', 'POST', '/chat/42/messages', 'Freelancer writes a message', 201],
  ['Happy journey', 'POST', '/payments/escrow', 'Client pays into escrow', 201],
  ['Happy journey', 'POST', '/payments/release', 'Client releases the payment', 200],
  ['Negative half', 'POST', '/payments/release', 'A second release with a new key is refused', 409],
  ['Negative half', 'GET', '/chat/42/messages', 'A stranger does not read the chat', 403],
] as const;

export function newman(startMs = 5600): SmokeEvidence {
  const steps = stepNames.map(([group, method, path, name, status], n): JourneyStep => ({
    name,
    group,
    status: 'pass',
    startedAt: at(startMs + n * 90),
    durationMs: 12 + n * 7,
    method,
    url: `http://127.0.0.1:4002${path}`,
    httpStatus: status,
    requestIds: [requestId(9000 + n)],
    release: 'freetask@1.4.0',
    assertions: [
      { name: `status is ${status}`, ok: true },
      { name: 'the body has the shape of the contract', ok: true },
      { name: 'X-Request-Id equals the requestId of the body', ok: true },
    ],
    attachments: [],
  }));
  return {
    kind: 'smoke',
    outcome: outcome('newman', '6.2.2', startMs, 2140),
    steps,
    files: ['newman/report.json'],
    problems: [],
  };
}

export function playwright(startMs = 5600): SmokeEvidence {
  const names = [
    ['api', 'journey.spec.ts', 'the journey over HTTP and the chat over WebSocket'],
    ['api', 'access.spec.ts', 'a chat is closed to strangers'],
    ['browser', 'browser.spec.ts', 'a client hires and pays a freelancer in the browser'],
  ] as const;
  const steps = names.map(([project, group, name], n): JourneyStep => ({
    name,
    group,
    project,
    status: 'pass',
    startedAt: at(startMs + 400 + n * 900),
    durationMs: 820 + n * 310,
    requestIds: [requestId(9100 + n)],
    release: 'freetask@1.4.0',
    assertions: [{ name: 'every expectation holds', ok: true }],
    attachments: [],
  }));
  return {
    kind: 'smoke',
    outcome: outcome('playwright', '1.65.1', startMs, 4310),
    steps,
    projects: ['api', 'browser'],
    files: ['playwright/report.json'],
    problems: [],
  };
}

/** What the load does in one second; `n` counts from 0. */
type Second = (n: number) => Omit<LoadPoint, 'second'>;

export const healthySecond: Second = (n) => ({
  requests: 118 + ((n * 7) % 9),
  serverErrors: 0,
  payments: 16 + (n % 3),
  failedPayments: 0,
  p50Ms: 14 + ((n * 5) % 7),
  p95Ms: 41 + ((n * 11) % 23),
});

type Load = NonNullable<RunEvidence['load']>;

export function load(second: Second, length = 30, slowShare = { p95: 0.001, p50: 0.002 }): Load {
  const series = Array.from({ length }, (_, n): LoadPoint => ({ second: n, ...second(n) }));
  const sum = (key: 'requests' | 'serverErrors' | 'payments' | 'failedPayments') =>
    series.reduce((total, point) => total + point[key], 0);
  const requests = sum('requests');
  const middle = series[Math.floor(length / 2)];
  return {
    kind: 'load',
    outcome: outcome('k6', '2.2.0', 10_400, length * 1000 + 900),
    profile: 'stage',
    requests,
    iterations: Math.round(requests / 6),
    droppedIterations: 0,
    exceptions: 0,
    unanswered: 0,
    wrongRelease: { events: 0, trials: requests },
    slo: {
      'latency-p95': { events: Math.round(requests * slowShare.p95), trials: requests },
      'latency-p50': { events: Math.round(requests * slowShare.p50), trials: requests },
      'payment-success': { events: sum('failedPayments'), trials: sum('payments') },
      'server-errors': { events: sum('serverErrors'), trials: requests },
    },
    percentiles: { p50Ms: middle?.p50Ms ?? 0, p95Ms: middle?.p95Ms ?? 0, p99Ms: (middle?.p95Ms ?? 0) * 1.6 },
    thresholds: slos.map(({ id }) => ({ metric: id, expression: 'rate<0.05', ok: true })),
    checks: [
      { name: 'jobs: 200 and a page', passes: Math.round(requests * 0.6), fails: 0 },
      { name: 'escrow: 201 and ESCROWED', passes: sum('payments') - sum('failedPayments'), fails: 0 },
    ],
    series,
    files: ['k6/summary.json', 'k6/dashboard.html'],
    problems: [],
  };
}

const half = ({ events, trials }: Count): Count => ({
  events: Math.floor(events / 2),
  trials: Math.floor(trials / 2),
});

function metricsOf(seen: Load): NonNullable<RunEvidence['metrics']> {
  const slo = Object.fromEntries(Object.entries(seen.slo).map(([id, count]) => [id, half(count)]));
  return {
    kind: 'metrics',
    from: at(10_000),
    to: at(42_000),
    instances: [4102, 4103].map((port) => ({
      url: `http://127.0.0.1:${port}/metrics`,
      slo,
      edges: { 'latency-p50': 500 },
      restarted: false,
    })),
    files: ['metrics/before.txt', 'metrics/after.txt'],
    problems: [],
  };
}

const shutdown: NonNullable<RunEvidence['shutdown']> = {
  kind: 'shutdown',
  inFlight: [1, 2, 3, 4].map((n) => ({ status: 201, durationMs: 1100 + n, requestId: requestId(9900 + n) })),
  stopExitCode: 0,
  stopDurationMs: 1640,
  startedAgain: true,
  files: [],
  problems: [],
};

const allSteps: readonly StepId[] = ['health', 'readiness', 'smoke', 'load', 'metrics', 'aftermath', 'shutdown'];

export const healthyEvidence = (): RunEvidence => {
  const seen = load(healthySecond);
  return {
    schemaVersion,
    runId: '20260303-021407-verify-green-7c1e',
    plan: {
      steps: allSteps,
      slos,
      expectedRelease: 'freetask@1.4.0',
      offers: { web: true, metrics: true, shutdown: true },
      smokeBudgetMs: 300_000,
      leftOut: {},
    },
    health: probe({ path: '/healthz', startMs: 100, count: 3 }),
    readiness: probe({ path: '/readyz', startMs: 400, count: 21, wantedStableMs: 5000 }),
    truth: probe({ path: '/jobs', startMs: 5450, count: 1 }),
    smoke: [newman(), playwright()],
    load: seen,
    metrics: metricsOf(seen),
    aftermath: probe({ path: '/readyz', startMs: 42_000, count: 2 }),
    shutdown,
  };
};

const stepRecords: RunResult['steps'] = [
  ['start', 'Starting the sandbox', -4200, 4150],
  ['health', 'Health', 100, 260],
  ['readiness', 'Readiness', 400, 5050],
  ['smoke', 'Smoke', 5600, 4420],
  ['load', 'Load', 10_400, 31_200],
  ['metrics', 'Metrics of the target', 41_700, 130],
  ['aftermath', 'After the load', 42_000, 300],
  ['shutdown', 'Graceful shutdown', 42_400, 2900],
].map(([id, title, start, durationMs]) => ({
  id: String(id),
  title: String(title),
  startedAt: at(Number(start)),
  durationMs: Number(durationMs),
  summary: `${String(title)} ended`,
}));

/** The result that the judges reach on this evidence. */
export function conclude(evidence: RunEvidence, facts: Partial<RunResult> = {}): SampleRun {
  const { judgements, notLookedAt } = judgeRun(evidence);
  const interrupted = facts.interrupted ?? false;
  const verdict = reachVerdict(judgements, notLookedAt, interrupted);
  const result: RunResult = {
    schemaVersion,
    runId: evidence.runId,
    verb: 'verify',
    startedAt: at(-4300),
    finishedAt: at(45_400),
    durationMs: 49_700,
    target: { name: 'sandbox', kind: 'sandbox', environment: 'green' },
    addresses: {
      api: 'http://127.0.0.1:4002',
      web: 'http://127.0.0.1:4002',
      metrics: evidence.metrics?.instances.map(({ url }) => url) ?? [],
    },
    ...(evidence.plan.expectedRelease === undefined ? {} : { expectedRelease: evidence.plan.expectedRelease }),
    seenReleases: [...seenReleases(evidence).keys()],
    verdict,
    exitCode: exitCodeOf(verdict.word, interrupted),
    interrupted,
    judgements,
    notLookedAt,
    slos: evidence.plan.slos,
    steps: stepRecords,
    remarks: ["Readiness had to be stable for 5 s instead of the SOP's 1 min (2.B3b): the target file says so."],
    tools: [
      { name: 'newman', version: '6.2.2' },
      { name: 'playwright', version: '1.65.1' },
      { name: 'k6', version: '2.2.0' },
      { name: 'chromium', version: '156.0.8078.79' },
      { name: 'node', version: '20.20.2' },
    ],
    ...facts,
  };
  return { result, evidence };
}
