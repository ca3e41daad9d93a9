import type { ProbeSample } from '../core/evidence.ts';
import type { Emit } from '../core/events.ts';
import { describeDifference } from '../core/expectation.ts';
import type { Expectation } from '../core/service.ts';
import { releaseHeaderOf, type Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { ask, type HttpAnswer } from '../system/http.ts';
import type { Pacer } from '../system/pacer.ts';

export interface ProbeContext {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  /** Keeps probes below the rate limit of the target file. */
  readonly pacer?: Pacer;
  /** Notes a wait for a rate limit or for the front. */
  readonly waited?: (ms: number) => void;
}

/** Time limit of one request: a load balancer's health check would have failed by then. */
export const requestTimeoutMs = 5000;

/** Sends one probe, and compares the answer with what the target file expects. */
export async function askState(
  target: Target,
  probe: Expectation,
  { clock, signal, pacer }: ProbeContext,
): Promise<ProbeSample> {
  await pacer?.turn(signal);
  const sentAt = clock.now();
  const url = target.environment.api + probe.path;
  const answer = await ask({ url, method: probe.method, timeoutMs: requestTimeoutMs, signal });
  if (!answer.ok) return sampleOf(target, answer, sentAt, answer.error);
  const location = locationOf(answer.header('location'), url, target);
  const seen = { status: answer.status, text: answer.text, location };
  return sampleOf(target, answer, sentAt, describeDifference(probe, seen, target.service.answers.envelope));
}

/** Where a redirect leads, and that it leaves the service. */
function locationOf(header: string | undefined, url: string, { environment, origins }: Target): string | undefined {
  if (header === undefined || !URL.canParse(header, url)) return header;
  const { origin, href } = new URL(header, url);
  const own = [environment.api, environment.web ?? environment.api].map((address) => new URL(address).origin);
  return [...own, ...origins].includes(origin) ? href : `${href}, another origin`;
}

export function sampleOf(target: Target, answer: HttpAnswer, sentAt: number, why: string | undefined): ProbeSample {
  const at = new Date(sentAt).toISOString();
  const verdict = { ok: why === undefined, ...(why === undefined ? {} : { why }) };
  if (!answer.ok) return { at, status: null, error: answer.error, durationMs: answer.durationMs, ...verdict };
  const header = (name: string | undefined) => (name === undefined ? undefined : answer.header(name.toLowerCase()));
  const requestId = header(target.service.answers.requestIdHeader);
  const release = header(releaseHeaderOf(target));
  const retryAfterMs = retryAfterOf(answer.header('retry-after'));
  return {
    at,
    status: answer.status,
    durationMs: answer.durationMs,
    ...(requestId === undefined ? {} : { requestId }),
    ...(release === undefined ? {} : { release }),
    ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    ...verdict,
  };
}

function retryAfterOf(header: string | undefined): number | undefined {
  const seconds = Number(header ?? Number.NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : undefined;
}
