import { boundLevel } from './bounds.ts';
import { isRate, logBreachEvidence, logWithinEvidence } from './evidence.ts';

/**
 * The fewest trials without a single event whose upper bound at `level` is below p0. p0 and level in (0, 1).
 */
export function trialsToProve(p0: number, level = boundLevel): number {
  const needed = -Math.log(1 - level);
  let high = 1;
  while (logWithinEvidence(0, high, p0) < needed) high *= 2;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (logWithinEvidence(0, middle, p0) >= needed) high = middle;
    else low = middle;
  }
  return high;
}

export interface TrialsQuestion {
  /** `breach`: until the rate is proved to be above p0; `within`: until it is proved to be below p0. */
  readonly question: 'breach' | 'within';
  /** The true rate, a fraction in [0, 1]. */
  readonly rate: number;
  /** The limit, a fraction in (0, 1). */
  readonly p0: number;
  /** Chance of a wrong decision: alpha of a breach, beta of a proof; in (0, 1). */
  readonly alpha: number;
  /** Breach: lanes whose e-values are averaged; the others are assumed to show nothing. 1 where absent. */
  readonly lanes?: number;
  /** Trials after which the question is given up; 100 000 where absent. */
  readonly atMost?: number;
}

/** Trials after which half and 95 % of the runs are decided; null where that takes more than `atMost`. */
export interface TypicalTrials {
  readonly median: number | null;
  readonly p95: number | null;
}

/** Chances below this change no digit of a quantile. */
const negligible = 1e-15;

/**
 * How many single trials a decision takes at a true rate, exactly: dynamic programming over the event count of the runs
 * that are not decided yet. A breach is decided by the first stake of a lane (lane.ts), without cap and restart; a proof
 * by the plain mixture of evidence.ts. Their boundary in the event count never decreases with the trials (Wald 1945).
 * A rate, p0 or alpha outside of its range is never decided: { median: null, p95: null }.
 */
export function typicalTrials(question: TrialsQuestion): TypicalTrials {
  const { rate, p0, alpha, lanes = 1, atMost = 100_000 } = question;
  if (!(rate >= 0 && rate <= 1) || !isRate(p0) || !isRate(alpha)) return { median: null, p95: null };
  const breach = question.question === 'breach';
  // Half of a lane's stake enters with its first batch (lane.ts); a proof stakes everything.
  const needed = Math.log((breach ? 2 * lanes : 1) / alpha);
  const evidence = breach ? logBreachEvidence : logWithinEvidence;
  // Breach: the fewest events that decide. Within: one more than the most events that decide.
  let boundary = 0;
  // open[i]: chance of `first + i` events in the undecided runs.
  const open = [1];
  let first = 0;
  let decided = 0;
  let median: number | null = null;
  for (let n = 1; n <= atMost; n += 1) {
    spread(open, rate);
    while (boundary <= n && evidence(boundary, n, p0) >= needed === !breach) boundary += 1;
    const from = breach ? Math.max(0, boundary - first) : 0;
    const count = breach ? open.length - from : boundary - first;
    for (const chance of open.splice(from, Math.max(0, count))) decided += chance;
    if (!breach) first = Math.max(first, boundary);
    while (open.length > 1 && (open[0] ?? 0) < negligible) {
      open.shift();
      first += 1;
    }
    while (open.length > 1 && (open.at(-1) ?? 0) < negligible) open.pop();
    if (decided >= 0.5) median ??= n;
    if (decided >= 0.95) return { median, p95: n };
  }
  return { median, p95: null };
}

/** The chances of the event counts after one more trial, in place: a forecast of a small rate takes thousands of trials. */
function spread(open: number[], rate: number): void {
  open.push(0);
  for (let events = open.length - 1; events >= 0; events -= 1)
    open[events] = (open[events - 1] ?? 0) * rate + (open[events] ?? 0) * (1 - rate);
}
