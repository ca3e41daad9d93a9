import type { SampleRun } from './fixtures.ts';

/** Keys whose texts are the suite's own and never come from outside. */
const ownKeys = new Set([
  'status',
  'kind',
  'word',
  'reason',
  'clause',
  'clauses',
  'startedAt',
  'finishedAt',
  'at',
  'verb',
]);

function replaceTexts(value: unknown, by: (text: string) => string): unknown {
  if (typeof value === 'string') return by(value);
  if (Array.isArray(value)) return value.map((each) => replaceTexts(each, by));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, ownKeys.has(key) ? each : replaceTexts(each, by)]),
  );
}

/** The same run with every text that may come from outside replaced. */
export function withTexts({ result, evidence }: SampleRun, by: (text: string) => string): SampleRun {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- texts were replaced by texts, nothing else
  return { result: replaceTexts(result, by), evidence: replaceTexts(evidence, by) } as SampleRun;
}
