import http, { type Params, type RefinedResponse } from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import { slowCounterOf } from './options.ts';
import { identifies, release as comparedRelease, releaseHeader, slos } from './question.ts';

/*
 * k6 counts every request by itself. Each further sample of a script costs about as much CPU time as a twentieth of a
 * request, and a generator without CPU time measures itself: only failures are counted here, and what k6 cannot count.
 * An imported binding is resolved at every read, so what every request needs is held in constants of this module.
 */
const { request } = http;
const release = comparedRelease;
const targetIdentifies = identifies;

/** Objectives of latency: one counter each for the answers that were too slow, out of all http_reqs. */
const slow = slos.flatMap((slo) =>
  slo.event.kind === 'slow-response'
    ? { thresholdMs: slo.event.thresholdMs, count: new Counter(slowCounterOf(slo)) }
    : [],
);
/** Whole ms around the request from which on an answer may be too slow for any objective. */
const possiblySlowMs = Math.min(...slow.map(({ thresholdMs }) => thresholdMs)) - 1;
const unanswered = new Counter('unanswered');
const rateLimited = new Counter('rate_limited');
const wrongRelease = new Counter('wrong_release');
const noRelease = new Counter('no_release');
const frontLimited = new Counter('front_limited');
const frontUnavailable = new Counter('front_unavailable');
const correctAnswers = new Counter('correct_answers');
const payments = new Counter('payments');
const failedPayments = new Rate('failed_payments');
/** Counted at the end of a visit, as `payments` are, so that a reader during the load sees both of the same visits. */
const paymentFailures = new Counter('payment_failures');
const exceptions = new Counter('exceptions');
/** Delay of the load generator itself, in ms. */
export const lateness = new Trend('generator_lateness', true);

type Response = RefinedResponse<'text' | 'none'>;

// k6's own http_req_failed then is the event of clause 3.2d: a 5xx, or no answer.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 499 }));

let attemptedPayments = 0;
let refusedPayments = 0;
let correct = 0;
let opensConnection = false;
const otherReleases = new Set<string>();

/** The next request is the last one of its connection: a load that never connects again stays with an old side. */
export function openConnectionNext(): void {
  opensConnection = true;
}

/** Sends one request, and counts what k6 does not count by itself. */
export function send(method: string, url: string, body: string | null, params: Params): Response {
  const sentAt = Date.now();
  const response = request(method, url, body, opensConnection ? withClose(params) : params);
  if (response.status === 0) countSilence();
  else {
    // k6's timings are costly to read; the clock around the request, in whole ms, is at most 1 ms below them.
    if (Date.now() - sentAt >= possiblySlowMs && !isOfFront(response)) countSlow(response.timings);
    if (response.status === 429) rateLimited.add(1);
    if (response.headers[releaseHeader] !== release) countRelease(response);
  }
  return response;
}

function withClose(params: Params): Params {
  opensConnection = false;
  return { ...params, headers: { ...params.headers, Connection: 'close' } };
}

/** A rate limit, or no server: the front answered and the release did not see the request. */
export const isOfFront = ({ status, headers }: Response): boolean =>
  targetIdentifies && (status === 429 || status === 503) && headers[releaseHeader] === undefined;

/** No answer is slow too, although k6 measures a refused connection as fast. */
function countSilence(): void {
  unanswered.add(1);
  for (const { count } of slow) count.add(1);
}

/** A user waits for the connection too: `blocked` spans the dial and the TLS handshake, `duration` neither. */
function countSlow({ blocked, duration }: Response['timings']): void {
  for (const { thresholdMs, count } of slow) if (blocked + duration >= thresholdMs) count.add(1);
}

function countRelease(response: Response): void {
  const other = response.headers[releaseHeader];
  if (other === undefined) {
    noRelease.add(1);
    if (isOfFront(response)) (response.status === 429 ? frontLimited : frontUnavailable).add(1);
    return;
  }
  wrongRelease.add(1);
  if (otherReleases.has(other)) return;
  otherReleases.add(other);
  // k6's summary has no names of releases; the runner reads them from the log.
  console.info(`shiproom release ${other}`);
}

/** A check for each correct answer would cost a sample each; only wrong ones are checks, by name. */
export function countCorrect(): void {
  correct += 1;
}

export function countPayment(succeeded: boolean): void {
  attemptedPayments += 1;
  if (!succeeded) refusedPayments += 1;
  failedPayments.add(!succeeded);
}

/** k6 counts an iteration with an exception as complete and ends with 0, so exceptions are counted here. */
export const countExceptions = (visit: () => void | Promise<void>) => (): void | Promise<void> => {
  try {
    return visit()?.then(finish, fail) ?? finish();
  } catch (error) {
    return fail(error);
  }
};

function finish(): void {
  if (attemptedPayments > 0) payments.add(attemptedPayments);
  if (refusedPayments > 0) paymentFailures.add(refusedPayments);
  if (correct > 0) correctAnswers.add(correct);
  attemptedPayments = 0;
  refusedPayments = 0;
  correct = 0;
}

function fail(error: unknown): never {
  exceptions.add(1);
  finish();
  throw error;
}
