import { elsewhere, originOf } from '../core/origins.ts';
import {
  type Observed,
  observedSchema,
  type PlaywrightReport,
  type PlaywrightResult,
} from './playwright-child/contract.ts';

/** What observer.cjs has written; a last line that was cut off is left out. */
export function readObserved(text: string | undefined): Observed[] {
  return (text ?? '').split('\n').flatMap((line) => {
    const parsed = observedSchema.safeParse(parse(line));
    return parsed.success ? [parsed.data] : [];
  });
}

/**
 * Of one test: a worker runs one at a time. It lasts until the next one of the same worker starts, because Playwright's duration
 * leaves out the time of some fixtures.
 */
export function duringTest(
  observed: readonly Observed[],
  { workerIndex, startedAt }: PlaywrightResult,
  { tests }: Pick<PlaywrightReport, 'tests'>,
): Observed[] {
  const later = tests
    .flatMap(({ result }) => (result?.workerIndex === workerIndex ? [result.startedAt] : []))
    .filter((start) => start > startedAt);
  const end = Math.min(...later);
  return observed.filter(({ worker, at }) => worker === workerIndex && at >= startedAt && at < end);
}

export const isWithin = (
  { at }: { readonly at: number },
  { startedAt, durationMs }: { readonly startedAt: number; readonly durationMs: number },
): boolean => at >= startedAt && at <= startedAt + durationMs;

/** Origins other than the target's that the assertions stand on. What a page writes elsewhere (statistics) is not shown by it. */
export const foreignOrigins = (observed: readonly Observed[], own: readonly string[]): string[] =>
  elsewhere(
    observed
      .filter(({ kind, method }) => kind !== undefined && (!['xhr', 'fetch'].includes(kind) || method === 'GET'))
      .flatMap(({ url }) => originOf(url ?? '') ?? []),
    own,
  );

/** Why a test that passed has not asserted what it says; empty where it has. */
export function unprovedBy(result: PlaywrightResult, observed: readonly Observed[]): string[] {
  const { assertions } = result;
  const open = assertions.filter((assertion) => assertion.open).length;
  const caught = assertions.find(({ error, open: pending }) => error !== undefined && !pending);
  const promise = observed.find((each) => each.promise !== undefined)?.promise;
  return [
    ...(open > 0 ? [`${open} of ${assertions.length} expectations ${open === 1 ? 'was' : 'were'} never awaited`] : []),
    ...(caught ? [`its expectation "${caught.name}" failed, and the failure was caught`] : []),
    ...(promise === undefined ? [] : [`${promise} asserts a promise that nobody awaited, not what it resolves to`]),
  ];
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
