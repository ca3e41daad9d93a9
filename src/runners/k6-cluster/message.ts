import { z } from 'zod';
import { countedMetrics, countedRates, type MessageCount, type RunnerMessage } from '../../core/load-runner.ts';

const count = z.int().nonnegative();
const ms = z.number().nonnegative();
const keys = [
  ...Object.keys(countedMetrics),
  ...Object.keys(countedRates).flatMap((key) => [`${key}t`, `${key}f`]),
] as MessageCount[];

const messageSchema = z.strictObject({
  run: z.string(),
  segment: z.string(),
  of: z.int().positive(),
  began: z.int().nonnegative(),
  options: z.array(z.string()),
  counts: z.strictObject(Object.fromEntries(keys.map((key) => [key, count])) as Record<MessageCount, typeof count>),
  slow: z.array(count),
  late: ms,
  duration: z.tuple([ms, ms, ms]).nullable(),
  blocked: z.tuple([ms, ms, ms]).nullable(),
  checks: z.array(z.tuple([z.string(), count, count])),
});

/** Kubernetes cuts a longer message off. */
const mostBytes = 4096;

/** What a runner's message has to be of. */
export interface ExpectedMessage {
  readonly run: string;
  readonly segment: string;
  readonly runners: number;
  /** Objectives of latency. */
  readonly slow: number;
}

/** The message that a runner left, or why it is none of this run and segment. */
export function parseMessage(text: string | undefined, expected: ExpectedMessage): RunnerMessage | string {
  if (text === undefined || text.trim() === '') return 'left no counts';
  const parsed = parseText(text);
  if (typeof parsed === 'string') return parsed;
  if (parsed.run !== expected.run) return `left the counts of another run, ${parsed.run.slice(0, 40)}`;
  if (parsed.segment !== expected.segment || parsed.of !== expected.runners)
    return `sent segment ${parsed.segment || 'none'} of ${parsed.of}, ${expected.segment} of ${expected.runners} was planned`;
  const contradiction = contradictionIn(parsed, expected);
  return contradiction === undefined ? parsed : `left counts that contradict each other: ${contradiction}`;
}

function parseText(text: string): RunnerMessage | string {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const isCut = Buffer.byteLength(text) >= mostBytes;
    return `left counts that cannot be read: ${isCut ? 'cut off after 4 096 bytes' : text.trim().slice(-200)}`;
  }
  const parsed = messageSchema.safeParse(json);
  return parsed.success
    ? parsed.data
    : `left counts that cannot be read: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ').slice(0, 300)}`;
}

/** A sample of each request, and a heartbeat among the iterations: a count that k6 did not make would be zero. */
function contradictionIn({ counts, slow }: RunnerMessage, { slow: objectives }: ExpectedMessage): string | undefined {
  const { q, et, ef, h, i, u } = counts;
  if (et + ef !== q) return `${et + ef} samples of http_req_failed for ${q} requests`;
  if (h > i) return `${h} heartbeats in ${i} iterations`;
  // Each iteration but the heartbeat's sends at least one.
  if (q === 0 && i > h) return `no request in ${i - h} iterations`;
  if (u > q) return `${u} of ${q} requests unanswered`;
  if (slow.length !== objectives) return `${slow.length} objectives of latency counted, ${objectives} were planned`;
  const tooMany = slow.find((each) => each > q);
  return tooMany === undefined ? undefined : `${tooMany} of ${q} requests too slow`;
}
