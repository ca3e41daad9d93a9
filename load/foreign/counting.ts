import exec from 'k6/execution';
import { Counter, Trend } from 'k6/metrics';
import type { RefinedResponse, ResponseType } from 'k6/http';
import { question } from './question.ts';

type Response = RefinedResponse<ResponseType | undefined>;

const counter = (name: string): Counter => new Counter(question.prefix + name);
const unanswered = counter('unanswered');
const serverErrors = counter('server_errors');
const rateLimited = counter('rate_limited');
const wrongRelease = counter('wrong_release');
const noRelease = counter('no_release');
const frontLimited = counter('front_limited');
const frontUnavailable = counter('front_unavailable');
const elsewhere = counter('elsewhere');
const socketsElsewhere = counter('sockets_elsewhere');
export const exceptions = counter('exceptions');
export const excusedExceptions = counter('excused_exceptions');
/** Delay of the load generator itself, in ms. */
export const lateness = new Trend(`${question.prefix}generator_lateness`, true);
const slow = question.latencies.map(({ counter: name, thresholdMs, timing }) => ({
  thresholdMs,
  timing,
  count: new Counter(name),
}));

const { excusedTag, origins, release, releaseHeader, identifies } = question;
const reported = new Set<string>();
let excused = false;

/** Counts one answer of a request to `asked`. */
export function countAnswer(response: Response, asked: string): void {
  if (isElsewhere(asked) || isElsewhere(response.url)) return elsewhere.add(1);
  const ofFront = isOfFront(response);
  excuseChecks(response.status === 0 || response.status >= 500 || ofFront);
  if (response.status === 0) return countSilence();
  if (!ofFront) countSlow(response.timings);
  if (response.status >= 500) serverErrors.add(1);
  if (response.status === 429) rateLimited.add(1);
  if (releaseHeader === '') noRelease.add(1);
  else if (response.headers[releaseHeader] !== release) countRelease(response, ofFront);
}

/** No answer is slow too, although k6 measures a refused connection as fast. */
export function countSilence(): void {
  unanswered.add(1);
  serverErrors.add(1);
  for (const { count } of slow) count.add(1);
}

/** Whether an address is none of the target's; each such origin is logged once by each virtual user. */
function isElsewhere(address: string): boolean {
  const origin = originOf(address);
  if (origin === undefined || origins.includes(origin)) return false;
  report('origin', origin);
  return true;
}

/** Counts a WebSocket that is opened elsewhere. */
export function countSocket(address: string): void {
  if (isElsewhere(address.replace(/^ws/i, 'http'))) socketsElsewhere.add(1);
}

/** k6 has no URL. Undefined for a relative address. */
function originOf(address: string): string | undefined {
  const [, scheme = '', host = ''] = /^(https?):\/\/(?:[^/?#@]*@)?([^/?#]+)/i.exec(address) ?? [];
  if (host === '') return undefined;
  const port = scheme.toLowerCase() === 'https' ? /:443$/ : /:80$/;
  return `${scheme}://${host.replace(port, '')}`.toLowerCase();
}

/** A rate limit, or no server: the front answered and the release did not see the request. */
const isOfFront = ({ status, headers }: Response): boolean =>
  identifies && (status === 429 || status === 503) && headers[releaseHeader] === undefined;

function countSlow(timings: Response['timings']): void {
  for (const { thresholdMs, timing, count } of slow) {
    const took = timing === undefined ? timings.blocked + timings.duration : timings[timing];
    if (took >= thresholdMs) count.add(1);
  }
}

function countRelease(response: Response, ofFront: boolean): void {
  const other = response.headers[releaseHeader];
  if (other === undefined) {
    noRelease.add(1);
    if (ofFront) (response.status === 429 ? frontLimited : frontUnavailable).add(1);
    return;
  }
  wrongRelease.add(1);
  report('release', other);
}

/** k6's summary has no names; the runner reads them from the log. */
function report(kind: 'origin' | 'release', name: string): void {
  if (reported.has(name)) return;
  reported.add(name);
  console.info(`shiproom ${kind} ${name}`);
}

/** Checks on an answer that an objective counts already are tagged: such a failed check is not counted a second time. */
export function excuseChecks(wanted: boolean): void {
  if (wanted === excused) return;
  excused = wanted;
  const { tags } = exec.vu.metrics;
  if (wanted) tags[excusedTag] = 'yes';
  else delete tags[excusedTag];
}

export const isExcused = (): boolean => excused;
