import { formatCount } from './slo.ts';

/** What is needed of a LoadPlan. */
interface SharedPlan {
  readonly scenarios: readonly { readonly users: number }[];
  readonly peakRequestsPerSecond: number;
  readonly runners?: number;
}

/** The part of a load that one of several runners sends, as k6's options name it. */
export interface Segment {
  readonly executionSegment: string;
  readonly executionSegmentSequence: string;
}

/**
 * The segment of runner `index` (from 0) of `runners`. k6 deals arrivals and virtual users out over the whole sequence, so
 * that the runners together start exactly the arrivals of one k6 without segments.
 */
export function segmentOf(index: number, runners: number): Segment {
  const edges = Array.from({ length: runners + 1 }, (_, edge) => fractionOf(edge, runners));
  return {
    executionSegment: `${edges[index]}:${edges[index + 1]}`,
    executionSegmentSequence: edges.join(','),
  };
}

/** In lowest terms, as k6 prints a segment. */
function fractionOf(numerator: number, denominator: number): string {
  if (numerator === 0) return '0';
  if (numerator === denominator) return '1';
  const divisor = greatestCommonDivisor(numerator, denominator);
  return `${numerator / divisor}/${denominator / divisor}`;
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/**
 * Virtual users of one scenario over all runners, from those that one machine would need besides the one of the arrival in
 * between. Each runner gets as many: k6 leaves out a scenario for which a segment has no user, and its arrivals with it.
 */
export const usersOver = (users: number, runners: number): number => runners * (Math.ceil(users / runners) + 1);

/** Virtual users of one runner, its heartbeat's included. */
export const usersOfRunner = ({ scenarios, runners = 1 }: Pick<SharedPlan, 'scenarios' | 'runners'>): number =>
  scenarios.reduce((sum, { users }) => sum + users, 0) / runners + 1;

/** The forecast of each runner's part, one line. */
export function describeRunners(plan: SharedPlan, { driver, image }: { driver: string; image: string }): string {
  const { runners = 1, peakRequestsPerSecond } = plan;
  const rate = Number((peakRequestsPerSecond / runners).toFixed(1));
  const users = formatCount(usersOfRunner(plan) - 1);
  return `load.engine ${driver}: ${runners} runners of ${image}, each with 1/${runners} of the plan: up to ${rate} requests/s by ${users} virtual users`;
}
