import type { JourneyStep, ProbeEvidence, SmokeEvidence } from '../../../src/core/evidence.ts';
import { at, outcome, requestId } from './tools.ts';

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
  ['Negative half', 'GET', '/chat/42/messages', 'Another user cannot read the chat', 403],
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
    ['api', 'access.spec.ts', 'a chat is closed to other users'],
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
