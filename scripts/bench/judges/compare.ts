import type { Judge } from './pollers.ts';
import type { Blips, Scenario } from './scenarios.ts';
import { simulateRelease, type Second } from './traffic.ts';

/** What one judge did with the releases of one scenario. */
export interface Outcome {
  readonly releases: number;
  /** Rolled back after the defect began; for a healthy release always wrong. */
  readonly rolledBack: number;
  /** Rolled back before the defect began. */
  readonly early: number;
  /** Seconds from the beginning of the defect, of the releases that were rolled back after it, ascending. */
  readonly seconds: readonly number[];
  /** Failed requests of the new release from then to the rollback, or to the end of the release, ascending. */
  readonly failed: readonly number[];
}

export interface Comparison {
  readonly scenario: Scenario;
  readonly blips: Blips;
  readonly outcomes: Readonly<Record<string, Outcome>>;
}

/** Every judge on the same releases. */
export function compare(
  judges: Readonly<Record<string, Judge>>,
  { scenario, blips, releases, rate }: { scenario: Scenario; blips: Blips; releases: number; rate: number },
): Comparison {
  const onset = scenario.defect.fromSecond ?? 0;
  const runs = Object.keys(judges).map((name) => ({ name, early: 0, seconds: [] as number[], failed: [] as number[] }));
  for (let index = 0; index < releases; index += 1) {
    const release = simulateRelease(scenario, { blips, rate, seed: index });
    for (const run of runs) {
      const end = judges[run.name]?.(release) ?? null;
      if (end !== null && end <= onset) {
        run.early += 1;
        continue;
      }
      if (end !== null) run.seconds.push(end - onset);
      run.failed.push(failedRequests(release.slice(onset, end ?? release.length), scenario));
    }
  }
  const ascending = (values: number[]): number[] => values.toSorted((a, b) => a - b);
  return {
    scenario,
    blips,
    outcomes: Object.fromEntries(
      runs.map(({ name, early, seconds, failed }) => [
        name,
        { releases, rolledBack: seconds.length, early, seconds: ascending(seconds), failed: ascending(failed) },
      ]),
    ),
  };
}

/** 5xx and failed payments of the new release; slower than 1 s where latency is the defect. */
const failedRequests = (seconds: readonly Second[], { defect }: Scenario): number =>
  seconds.reduce(
    (sum, { green }) =>
      sum + green.serverErrors + green.failedPayments + (defect.p95Ms === undefined ? 0 : green.over1000),
    0,
  );
