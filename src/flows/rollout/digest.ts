import { createHash } from 'node:crypto';
import type { RolloutEvent } from '../../core/rollout/advance.ts';

/** What a decision can be based on: what was measured, and what was judged of it. */
const isEvidence = ({ type }: RolloutEvent): boolean => type === 'observed' || type === 'sampled' || type === 'judged';

/** `412-9f3a2b1c0d`: the number of events that are evidence, and a hash of them. */
export function evidenceDigest(events: readonly RolloutEvent[]): string {
  const evidence = events.filter(isEvidence);
  const hash = createHash('sha256');
  for (const event of evidence) hash.update(JSON.stringify(numbersOf(event)));
  return `${evidence.length}-${hash.digest('hex').slice(0, 10)}`;
}

/** The events up to the evidence of a digest; undefined where it is of other evidence. */
export function eventsUntil(digest: string, events: readonly RolloutEvent[]): readonly RolloutEvent[] | undefined {
  const count = Number(/^(\d{1,9})-[0-9a-f]{10}$/.exec(digest)?.[1] ?? Number.NaN);
  let seen = 0;
  const end = events.findIndex((event) => {
    seen += isEvidence(event) ? 1 : 0;
    return seen > count;
  });
  const earlier = end < 0 ? events : events.slice(0, end);
  return evidenceDigest(earlier) === digest ? earlier : undefined;
}

/** Without texts and times of this machine, and its keys in one order: the same in memory and read back. */
function numbersOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(numbersOf);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([key, each]) => each !== undefined && !leftOut.has(key));
  return entries.toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([key, each]) => [key, numbersOf(each)]);
}

const leftOut: ReadonlySet<string> = new Set(['at', 'because', 'problems']);
