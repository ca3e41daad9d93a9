import { addCells, type Judge } from './pollers.ts';
import { normalCdf, type Cell, type Second } from './traffic.ts';

const windowSeconds = 300;
/** One value of a metric per interval and colour, as a monitoring system stores it. */
const pointSeconds = 10;
/** Chance of a wrong rollback by one metric in one window. */
const alpha = 0.001;

const metrics: readonly ((cell: Cell) => number | undefined)[] = [
  ({ serverErrors, requests }) => ratio(serverErrors, requests),
  ({ failedPayments, payments }) => ratio(failedPayments, payments),
  ({ over1000, requests }) => ratio(over1000, requests),
  ({ over400, requests }) => ratio(over400, requests),
];

const ratio = (events: number, trials: number): number | undefined => (trials === 0 ? undefined : events / trials);

/**
 * A canary judge as Kayenta has it: after each window of five minutes, every metric's values of green against blue's by the
 * one-sided Mann-Whitney test; one metric that is significantly worse rolls back. Without traffic on blue it decides nothing.
 */
export const mannWhitneyJudge: Judge = (release) => {
  for (let end = windowSeconds; end <= release.length; end += windowSeconds) {
    const points = Array.from({ length: windowSeconds / pointSeconds }, (_, index) => {
      const from = end - windowSeconds + index * pointSeconds;
      return release.slice(from, from + pointSeconds);
    });
    if (metrics.some((metric) => isWorse(valuesOf(points, 'green', metric), valuesOf(points, 'blue', metric))))
      return end;
  }
  return null;
};

const valuesOf = (
  points: readonly (readonly Second[])[],
  colour: 'green' | 'blue',
  metric: (cell: Cell) => number | undefined,
): number[] => points.flatMap((point) => metric(addCells(point.map((second) => second[colour]))) ?? []);

/** Mann and Whitney 1947, with the normal approximation and the correction for ties. */
function isWorse(green: readonly number[], blue: readonly number[]): boolean {
  if (green.length < 5 || blue.length < 5) return false;
  let wins = 0;
  for (const own of green) for (const other of blue) wins += own > other ? 1 : own === other ? 0.5 : 0;
  const pairs = green.length * blue.length;
  const all = green.length + blue.length;
  const tied = new Map<number, number>();
  for (const value of [...green, ...blue]) tied.set(value, (tied.get(value) ?? 0) + 1);
  const ties = [...tied.values()].reduce((sum, count) => sum + count ** 3 - count, 0);
  const variance = (pairs / 12) * (all + 1 - ties / (all * (all - 1)));
  return variance > 0 && 1 - normalCdf((wins - pairs / 2) / Math.sqrt(variance)) < alpha;
}
