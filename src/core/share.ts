/**
 * Whether a counted share of answers agrees with the share that a router was set to. The exact tails of the binomial
 * distribution decide (Clopper and Pearson, Biometrika 26 (1934) 404); a router that goes round by weights, as most do, only
 * comes closer to its share than that distribution assumes.
 */

/**
 * Chance that a share which is served as it was set does not agree by its count. In order (`agreesInOrder`) each half has this
 * chance as well, so that one measurement in 33 at most is refused wrongly, and repeated.
 */
export const wrongRefusal = 0.01;
/** Chance that one measurement agrees although the earlier share is still served, or one side gets everything. */
export const wrongAgreement = 0.001;
/** Answers of one measurement at most. */
const mostAnswers = 2000;

export interface ShareQuestion {
  /** Fraction of the answers that green is to give, in [0, 1]. */
  readonly wanted: number;
  /** The fraction before the change, where it is known and another one. */
  readonly before?: number | undefined;
}

/** Answers of both sides together, and those of green among them. Whole, green <= answers. */
export interface ShareCount {
  readonly green: number;
  readonly answers: number;
}

/**
 * Whether the count agrees with `wanted`. A side with a share of 0 may have given none of the answers. No answers never
 * agree, nor does a count that the earlier share could have given as well.
 */
export function agrees({ green, answers }: ShareCount, question: ShareQuestion): boolean {
  if (answers <= 0 || green < 0 || green > answers) return false;
  const { wanted } = question;
  return (
    isLikely({ green, answers }, wanted) &&
    othersOf(question).every((other) => isToldFrom(other, wanted, { green, answers }))
  );
}

/**
 * The same for answers in the order of their arrival, true: of green. Each half has to be likely as well: a measurement that
 * began before the change was served would otherwise agree by a mixture of both shares.
 */
export function agreesInOrder(answers: readonly boolean[], question: ShareQuestion): boolean {
  const half = Math.floor(answers.length / 2);
  const parts = [answers.slice(0, half), answers.slice(half)].map(countOf);
  return agrees(countOf(answers), question) && parts.every((part) => isLikely(part, question.wanted));
}

const countOf = (answers: readonly boolean[]): ShareCount => ({
  green: answers.filter(Boolean).length,
  answers: answers.length,
});

const isLikely = ({ green, answers }: ShareCount, wanted: number): boolean =>
  atMost(green, answers, wanted) >= wrongRefusal / 2 && atLeast(green, answers, wanted) >= wrongRefusal / 2;

/**
 * The fewest answers, `least` or more, with which the count of a share that is served as it was set agrees with
 * probability 1 - `wrongRefusal`. undefined where `mostAnswers` are too few: the shares are too close to each other.
 */
export function answersNeeded(question: ShareQuestion, least: number): number | undefined {
  for (let answers = least; answers <= mostAnswers; answers = Math.ceil(answers * 1.05)) {
    const ends = [lowest(answers, question.wanted), highest(answers, question.wanted)];
    if (ends.every((green) => agrees({ green, answers }, question))) return answers;
  }
  return undefined;
}

/** What must not be taken for the wanted share. */
const othersOf = ({ wanted, before }: ShareQuestion): number[] =>
  [0, 1, ...(before === undefined ? [] : [before])].filter((other) => other !== wanted);

const isToldFrom = (other: number, wanted: number, { green, answers }: ShareCount): boolean =>
  (wanted > other ? atLeast(green, answers, other) : atMost(green, answers, other)) <= wrongAgreement;

/** P(X <= k) of n trials with probability p. */
function atMost(k: number, n: number, p: number): number {
  let sum = 0;
  for (let i = 0; i <= k; i += 1) sum += mass(i, n, p);
  return Math.min(1, sum);
}

/** P(X >= k); not as 1 - P(X < k), which loses small values. */
const atLeast = (k: number, n: number, p: number): number => atMost(n - k, n, 1 - p);

/** The smallest and the largest count that agree as far as the wanted share alone is concerned. */
function lowest(n: number, p: number): number {
  let sum = 0;
  for (let k = 0; k < n; k += 1) {
    sum += mass(k, n, p);
    if (sum >= wrongRefusal / 2) return k;
  }
  return n;
}

const highest = (n: number, p: number): number => n - lowest(n, 1 - p);

function mass(k: number, n: number, p: number): number {
  if (p <= 0) return k === 0 ? 1 : 0;
  if (p >= 1) return k === n ? 1 : 0;
  return Math.exp(logChoose(n, k) + k * Math.log(p) + (n - k) * Math.log1p(-p));
}

const logChoose = (n: number, k: number): number => logFactorial(n) - logFactorial(k) - logFactorial(n - k);

/** ln n!; Stirling's series, exact to 1e-10 from 10 on. */
function logFactorial(n: number): number {
  if (n < 10) {
    let product = 1;
    for (let i = 2; i <= n; i += 1) product *= i;
    return Math.log(product);
  }
  return (
    n * Math.log(n) - n + 0.5 * Math.log(2 * Math.PI * n) + 1 / (12 * n) - 1 / (360 * n ** 3) + 1 / (1260 * n ** 5)
  );
}
