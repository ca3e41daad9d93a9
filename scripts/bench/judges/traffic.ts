import { seeded, type Random } from './random.ts';
import { lastSecond, stages, type Blips, type Scenario } from './scenarios.ts';

/** Counts of one colour in one second. */
export interface Cell {
  readonly requests: number;
  readonly serverErrors: number;
  readonly payments: number;
  readonly failedPayments: number;
  /** Slower than 400 ms, and slower than 1 s. */
  readonly over400: number;
  readonly over1000: number;
}

export interface Second {
  readonly share: number;
  readonly green: Cell;
  readonly blue: Cell;
}

const paymentShare = 0.03;
const healthyRates = { serverErrors: 0.001, failedPayments: 0.003 };
/** Log-normal latency with P50 120 ms and P95 450 ms. */
const medianMs = 120;
const healthyP95Ms = 450;
const z95 = 1.6448536269514722;
const sigma = Math.log(healthyP95Ms / medianMs) / z95;

/** Users retry a failed request at once with this chance, and the retry meets the same failure as often. */
const retryChance = 0.25;

/** One release at a mean rate in requests/s of both colours, second by second. The same scenario, blips, rate and seed give the same release. */
export function simulateRelease(
  scenario: Scenario,
  { blips, rate: mean, seed }: { blips: Blips; rate: number; seed: number },
): Second[] {
  const random = seeded(seed);
  const arrivals = autoregressive(random, { correlation: 0.95, deviation: 0.2 });
  const slowness = autoregressive(random, { correlation: 0.98, deviation: 0.1 });
  const burst = episodes(random, { every: 600, seconds: [5, 20], height: [2, 4] });
  const shared = episodes(random, { every: 1500, seconds: [3, 10], height: [0.1, 0.4] });
  const own = greenBlips(random);
  const withShared = blips === 'shared' || blips === 'both';
  const withOwn = blips === 'green' || blips === 'both';
  return Array.from({ length: lastSecond }, (_, second) => {
    const share = stages.findLast(({ fromSecond }) => fromSecond <= second)?.share ?? 0;
    const rate = mean * Math.exp(arrivals() - 0.02) * (burst(second) || 1);
    const scale = slowness();
    const common = withShared ? shared(second) : 0;
    const blip = Math.max(common, withOwn ? own(second) : 0);
    const { defect } = scenario;
    const active = second >= (defect.fromSecond ?? 0);
    const green = { ...healthyRates, p95Ms: healthyP95Ms, ...(active ? defect : {}) };
    return {
      share,
      green: cell(random, {
        ...green,
        serverErrors: Math.max(green.serverErrors, blip),
        scale,
        rate: (rate * share) / 100,
      }),
      blue: cell(random, {
        ...healthyRates,
        p95Ms: healthyP95Ms,
        serverErrors: Math.max(healthyRates.serverErrors, common),
        scale,
        rate: (rate * (100 - share)) / 100,
      }),
    };
  });
}

interface Conditions {
  readonly rate: number;
  readonly serverErrors: number;
  readonly failedPayments: number;
  readonly p95Ms: number;
  /** Added to the log of every latency of this second. */
  readonly scale: number;
}

function cell(random: Random, conditions: Conditions): Cell {
  const users = random.poisson(conditions.rate);
  let serverErrors = random.binomial(users, conditions.serverErrors);
  let requests = users;
  // A retry cluster: the same user's request again, and again.
  for (let retries = random.binomial(serverErrors, retryChance); retries > 0;) {
    requests += retries;
    const failed = random.binomial(retries, Math.max(0.5, conditions.serverErrors));
    serverErrors += failed;
    retries = random.binomial(failed, retryChance);
  }
  // Payments are counted once per idempotency key, so that their retries are not counted again.
  const payments = random.binomial(users, paymentShare);
  const median = Math.log(medianMs * (conditions.p95Ms / healthyP95Ms)) + conditions.scale;
  const over = (ms: number): number => 1 - normalCdf((Math.log(ms) - median) / sigma);
  const over400 = random.binomial(requests, over(400));
  return {
    requests,
    serverErrors,
    payments,
    failedPayments: random.binomial(payments, conditions.failedPayments),
    over400,
    over1000: random.binomial(over400, over(1000) / over(400)),
  };
}

/** A stationary AR(1) process, one value a second. */
function autoregressive(
  random: Random,
  { correlation, deviation }: { correlation: number; deviation: number },
): () => number {
  let value = random.normal() * deviation;
  const noise = deviation * Math.sqrt(1 - correlation ** 2);
  return () => {
    value = correlation * value + noise * random.normal();
    return value;
  };
}

interface Episodes {
  /** Mean seconds between the starts of two episodes. */
  readonly every: number;
  readonly seconds: readonly [number, number];
  readonly height: readonly [number, number];
}

/** The height of the episode that is on in a second, 0 between episodes. */
function episodes(random: Random, { every, seconds, height }: Episodes): (second: number) => number {
  const list: { from: number; to: number; height: number }[] = [];
  let from = 0;
  for (;;) {
    from += -Math.log(1 - random.uniform()) * every;
    if (from >= lastSecond) break;
    const to = from + between(random, seconds);
    list.push({ from, to, height: between(random, height) });
    from = to;
  }
  return (second) => list.find((each) => each.from <= second && second < each.to)?.height ?? 0;
}

/** Green alone fails for 1 to 3 s at every shift (cold caches, empty pools) and once in 30 minutes. */
function greenBlips(random: Random): (second: number) => number {
  const starts = [...stages.map(({ fromSecond }) => fromSecond), Math.floor(random.uniform() * 1800) + 600];
  const list = starts.map((from) => ({ from, to: from + between(random, [1, 3]), height: between(random, [0.3, 1]) }));
  return (second) => list.find((each) => each.from <= second && second < each.to)?.height ?? 0;
}

const between = (random: Random, [low, high]: readonly [number, number]): number =>
  low + random.uniform() * (high - low);

/** The standard normal distribution: Abramowitz and Stegun 26.2.17, absolute error below 7.5e-8. */
export function normalCdf(x: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(x));
  const polynomial = t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  const upper = (Math.exp((-x * x) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
  return x >= 0 ? 1 - upper : upper;
}
