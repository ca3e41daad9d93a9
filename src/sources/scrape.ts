import { messageOf } from '../core/errors.ts';
import type { MetricsEvidence, ScrapeDelta } from '../core/evidence.ts';
import type { Counted } from '../core/counted.ts';
import { isCount } from '../core/statistics/index.ts';
import { ask, type HttpAnswer } from '../system/http.ts';
import { type Counters, readCounters } from './counters.ts';
import { countObjectives, increases } from './objectives.ts';
import { declaredNames, hasEnd, parsePrometheusText } from './prometheus-text.ts';

/** One instance's counters at one moment, or why they could not be read. */
export interface Scrape {
  readonly url: string;
  readonly at: string;
  readonly counters?: Counters;
  /** The page ended with `# EOF`, so that every page of this address has to. */
  readonly complete?: boolean;
  /** When its counters fell, as far as the source kept that. */
  readonly resetAt?: string;
  readonly problem?: string;
}

/** Scrapes every instance once. Never throws: an instance that cannot be read is a problem of its scrape. */
export function scrapeAll(urls: readonly string[], counted: Counted, signal: AbortSignal): Promise<Scrape[]> {
  return Promise.all(
    urls.map(async (url) => {
      const at = new Date().toISOString();
      return readAnswer({ url, at }, await ask({ url, timeoutMs: 5000, signal }), counted);
    }),
  );
}

/** The counters of an answer, or why it has none. */
export function readAnswer(scrape: Pick<Scrape, 'url' | 'at'>, answer: HttpAnswer, counted: Counted): Scrape {
  const { url } = scrape;
  if (!answer.ok) return { ...scrape, problem: `${url}: ${answer.error}` };
  if (answer.status !== 200) return { ...scrape, problem: `${url} answered ${answer.status}` };
  return readPage(scrape, answer.text, counted, answer.header('content-type') ?? '');
}

/** The counters of one page; a page that cannot be read whole is a problem. */
export function readPage(
  { url, at }: Pick<Scrape, 'url' | 'at'>,
  text: string,
  counted: Counted,
  contentType = 'text/plain',
): Scrape {
  const isOpenMetrics = contentType.startsWith('application/openmetrics-text');
  try {
    const samples = parsePrometheusText(text, isOpenMetrics ? 'openmetrics' : 'text');
    const counters = readCounters(samples, counted, declaredNames(text));
    if ('problem' in counters) return { url, at, problem: `${url}: ${counters.problem}` };
    return { url, at, counters, complete: hasEnd(text) };
  } catch (error) {
    return { url, at, problem: `${url}: ${messageOf(error)}` };
  }
}

/** The increase of each instance's counters between two scrapes of the same addresses. Pure. */
export function compareScrapes(before: readonly Scrape[], after: readonly Scrape[], counted: Counted): MetricsEvidence {
  const problems = [...before, ...after].flatMap(({ problem }) => problem ?? []);
  const instances: ScrapeDelta[] = [];
  const absent = (from: readonly Scrape[], those: readonly Scrape[]) =>
    from.filter((each) => each.problem === undefined && !those.some(({ url }) => url === each.url));
  // Of an instance that came or went in between, what it answered is not known.
  problems.push(...absent(before, after).map(({ url }) => `${url} is no longer there`));
  problems.push(...absent(after, before).map(({ url }) => `${url} was not there at the reading before`));
  for (const first of before) {
    const last = after.find(({ url }) => url === first.url);
    const delta = last && compareInstance(first, last, counted);
    if (delta && 'problem' in delta) problems.push(`${first.url}: ${delta.problem}`);
    else if (delta) instances.push(delta);
  }
  return {
    kind: 'metrics',
    from: before[0]?.at ?? '',
    to: after[0]?.at ?? '',
    instances,
    files: [],
    problems: [...new Set(problems)],
  };
}

interface Problem {
  readonly problem: string;
}

function compareInstance(before: Scrape, after: Scrape, counted: Counted): ScrapeDelta | Problem | undefined {
  const { counters: first } = before;
  const { counters: last } = after;
  if (!first || !last) return undefined;
  if (before.complete === true && after.complete === false) return { problem: 'the page ends before # EOF' };
  const wasReset = after.resetAt !== undefined && Date.parse(after.resetAt) > Date.parse(before.at);
  const process = wasReset ? 'restarted' : compareProcesses(first, last, before.at);
  if (typeof process !== 'string') return process;
  const restarted = process === 'restarted';
  const { counts, edges, above, unknown } = countObjectives(restarted ? [] : increases(first, last), last, counted);
  const all = [...Object.entries(counts), ...Object.entries(above).map(([id, { count }]) => [id, count] as const)];
  const wrong = all.find(([, { events, trials }]) => !isCount(events, trials));
  if (wrong) return { problem: `${wrong[0]}: ${wrong[1].events} of ${wrong[1].trials} is not a count` };
  return {
    url: before.url,
    slo: counts,
    edges,
    ...(Object.keys(above).length === 0 ? {} : { above }),
    restarted,
    routed: last.routed,
    unknown,
  };
}

/** A process that was running before the earlier page did not start between the two: another instance answered. */
function compareProcesses(first: Counters, last: Counters, firstAt: string): 'same' | 'restarted' | Problem {
  if (first.since !== last.since) return { problem: 'the router was started again, and its counters with it' };
  if (first.startedAt !== last.startedAt) {
    const wasRunning = last.startedAt !== undefined && last.startedAt * 1000 < Date.parse(firstAt) - clockSkewMs;
    if (!wasRunning && last.startedAt !== undefined && first.startedAt !== undefined) return 'restarted';
    return { problem: `the address leads to different instances: ${startOf(first)}, then ${startOf(last)}` };
  }
  for (const [key, { value }] of first.series) {
    const next = last.series.get(key)?.value;
    if (next !== undefined && next >= value) continue;
    if (first.startedAt === undefined && next !== undefined) return 'restarted';
    return { problem: next === undefined ? `${key} is missing` : `${key} fell from ${value} to ${next}` };
  }
  return 'same';
}

/** The clocks of two machines may differ by as much. */
const clockSkewMs = 5000;

const startOf = ({ startedAt }: Counters): string =>
  startedAt === undefined ? 'no start time' : `started at ${new Date(startedAt * 1000).toISOString()}`;
