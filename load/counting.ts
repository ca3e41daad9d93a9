import http, { type Params, type RefinedResponse } from 'k6/http';
import { Counter, Rate, Trend } from 'k6/metrics';
import { slowCounterOf } from './options.ts';
import { expectedRelease, slos } from './question.ts';

/*
 * k6 counts every request by itself. Each further sample of a script costs it about as much processor time as a twentieth
 * of a request, so that scripts which count everything again find their own limit instead of the target's: here only what
 * went wrong is counted, and what k6 cannot know.
 */

/** Objectives of latency: one counter each for the answers that were too slow, out of all http_reqs. */
const slow = slos.flatMap((slo) =>
  slo.event.kind === 'slow-response'
    ? { thresholdMs: slo.event.thresholdMs, count: new Counter(slowCounterOf(slo)) }
    : [],
);
const unanswered = new Counter('unanswered');
const rateLimited = new Counter('rate_limited');
const rightRelease = new Counter('right_release');
const wrongRelease = new Counter('wrong_release');
const payments = new Counter('payments');
const failedPayments = new Rate('failed_payments');
const exceptions = new Counter('exceptions');
/** How late the load generator itself was, in ms. */
export const lateness = new Trend('generator_lateness', true);

type Response = RefinedResponse<'text' | 'none'>;

// k6's own http_req_failed then says what clause 3.2d says: a 5xx, or no answer.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 499 }));

let rightReleases = 0;

/** Asks once, and counts what k6 does not count by itself. */
export function send(method: string, url: string, body: string | null, params: Params): Response {
  const began = Date.now();
  const response = http.request(method, url, body, params);
  countAnswer(response, Date.now() - began);
  return response;
}

function countAnswer(response: Response, tookMs: number): void {
  const { status } = response;
  for (const { thresholdMs, count } of slow) {
    // Who got no answer was not answered in time either; k6 itself would call a refused connection fast. The clock around
    // the request (whole ms) spares most answers the look at k6's own timings, which it never undercuts by more than one.
    if (status === 0 || (tookMs + 1 >= thresholdMs && response.timings.duration >= thresholdMs)) count.add(1);
  }
  if (status === 0) return unanswered.add(1);
  if (status === 429) rateLimited.add(1);
  if (expectedRelease !== '') countRelease(response.headers['X-App-Release']);
}

function countRelease(release: string | undefined): void {
  if (release === expectedRelease) rightReleases += 1;
  else if (release !== undefined) wrongRelease.add(1);
}

export function countPayment(succeeded: boolean): void {
  payments.add(1);
  failedPayments.add(!succeeded);
}

/** k6 calls an iteration complete that ended in an exception, and ends with 0; so exceptions are counted here. */
export const countVisit = (visit: () => void | Promise<void>) => (): void | Promise<void> => {
  try {
    return visit()?.then(leave, fall) ?? leave();
  } catch (error) {
    return fall(error);
  }
};

function leave(): void {
  if (rightReleases > 0) rightRelease.add(rightReleases);
  rightReleases = 0;
}

function fall(error: unknown): never {
  exceptions.add(1);
  leave();
  throw error;
}
