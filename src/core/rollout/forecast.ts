import { describeObjective, formatCount, formatMs, formatRate, type Slo } from '../slo.ts';
import { startLanes } from '../judge/lanes.ts';
import { typicalTrials } from '../statistics/index.ts';
import { clustersOf, type RolloutSettings } from './settings.ts';

/** Requests and payments a second. */
export interface Traffic {
  readonly requests: number;
  readonly payments: number;
}

/** What one proof takes, half of the time, if the rate is a fifth of its limit. */
export interface ProofForecast {
  readonly objective: string;
  /** Requests or payments; undefined where a proof is beyond any practical number. */
  readonly trials?: number;
  /** Observed time at the traffic of the stage; undefined where there is none. */
  readonly needsMs?: number;
}

export interface StageForecast {
  readonly share: number;
  /** What the new release will receive. */
  readonly traffic: Traffic;
  /** Observed time until every proof on requests, and on payments, is reached; undefined where it never is. */
  readonly needsMs: { readonly requests?: number; readonly payments?: number };
  /** How long the stage takes if nothing is wrong; undefined where its time runs out first. */
  readonly takesMs?: number;
  /** Whether requests of our own make up for what users do not send. */
  readonly synthetic: boolean;
  readonly proofs: readonly ProofForecast[];
  /** Rules that cannot decide within the time of the stage, and why. */
  readonly cannotFire: readonly string[];
}

export interface ForecastInput {
  readonly stages: readonly number[];
  readonly settings: RolloutSettings;
  readonly slos: readonly Slo[];
  /** What all users together send now. */
  readonly users: Traffic;
  /** What we would send to the new release; undefined where the target does not allow it. */
  readonly synthetic?: Traffic;
}

/** A healthy release is expected at this part of each limit. */
const healthyPart = 1 / 5;
/** A defect that a rule has to find is expected at this multiple of the rollback criterion. */
const defectFactor = 5;

interface Requirement {
  readonly slo: Slo;
  readonly trials: number | null;
}

/** What each stage can measure at the current traffic, before anything is changed. */
export function forecastStages({ stages, settings, slos, users, synthetic }: ForecastInput): StageForecast[] {
  const required = requirements(settings, slos);
  const budgetMs = settings.dwellMs + settings.holdBudgetMs;
  return stages.map((share) => {
    const own = { requests: (users.requests * share) / 100, payments: (users.payments * share) / 100 };
    const needsOurs = synthetic !== undefined && !isReached(own, settings, required);
    const traffic = needsOurs
      ? { requests: own.requests + synthetic.requests, payments: own.payments + synthetic.payments }
      : own;
    const proofs = required.map(({ slo, trials }) => ({
      objective: describeObjective(slo),
      ...(trials === null ? {} : { trials }),
      ...withTime('needsMs', timeOf(slo, trials, traffic, settings)),
    }));
    // Users and requests of our own are tested for a breach apart, so that the larger part finds it first.
    const tested = needsOurs
      ? {
          requests: Math.max(own.requests, synthetic.requests),
          payments: Math.max(own.payments, synthetic.payments),
        }
      : own;
    const needsMs = needsOf(traffic, settings, required);
    const longest = Math.max(
      settings.dwellMs,
      ...required.map(({ slo, trials }) => timeOf(slo, trials, traffic, settings)),
    );
    return {
      share,
      traffic,
      needsMs,
      ...(longest <= budgetMs ? { takesMs: longest } : {}),
      synthetic: needsOurs,
      proofs,
      cannotFire: silentRules(tested, settings, slos, budgetMs),
    };
  });
}

/** Whether these requests alone bring every proof within the dwell. */
export const isEnough = (traffic: Traffic, settings: RolloutSettings, slos: readonly Slo[]): boolean =>
  isReached(traffic, settings, requirements(settings, slos));

const isReached = (traffic: Traffic, settings: RolloutSettings, required: readonly Requirement[]): boolean =>
  required.every(({ slo, trials }) => timeOf(slo, trials, traffic, settings) <= settings.dwellMs);

const requirements = ({ judge }: RolloutSettings, slos: readonly Slo[]): Requirement[] =>
  slos.map((slo) => ({
    slo,
    trials: typicalTrials({ question: 'within', rate: slo.limit * healthyPart, p0: slo.limit, alpha: judge.beta })
      .median,
  }));

/** Infinity where there is no traffic, or no practical number of trials. */
function timeOf({ event }: Slo, trials: number | null, traffic: Traffic, { warmUpMs }: RolloutSettings): number {
  const perSecond = event.kind === 'failed-payment' ? traffic.payments : traffic.requests;
  if (trials === null || perSecond <= 0) return Infinity;
  // Latency counts only after the warm-up, so its requests have to come after it.
  return (event.kind === 'slow-response' ? warmUpMs : 0) + (1000 * trials) / perSecond;
}

const withTime = <Key extends string>(key: Key, ms: number): { [K in Key]?: number } =>
  (Number.isFinite(ms) ? { [key]: ms } : {}) as { [K in Key]?: number };

function needsOf(
  traffic: Traffic,
  settings: RolloutSettings,
  required: readonly Requirement[],
): StageForecast['needsMs'] {
  const longest = (isPayment: boolean) => {
    const times = required
      .filter(({ slo }) => (slo.event.kind === 'failed-payment') === isPayment)
      .map(({ slo, trials }) => timeOf(slo, trials, traffic, settings));
    // No objective on payments asks for none.
    return Math.max(0, ...times);
  };
  return { ...withTime('requests', longest(false)), ...withTime('payments', longest(true)) };
}

/** Rules that could not decide at this traffic, although the release breaks them. */
function silentRules(traffic: Traffic, settings: RolloutSettings, slos: readonly Slo[], budgetMs: number): string[] {
  const { judge, minimum, latency, warmUpMs } = settings;
  const rules = slos.flatMap((slo) => {
    const { rollback, event } = slo;
    if (!rollback) return [];
    const isPayment = event.kind === 'failed-payment';
    const name = isPayment ? 'failed payments' : '5xx';
    const perSecond = isPayment ? traffic.payments : traffic.requests;
    const rate = rollback.above * defectFactor;
    const typical = typicalTrials({
      question: 'breach',
      rate,
      p0: rollback.above,
      alpha: judge.alpha.rollback,
      lanes: startLanes(slos, settings).rollback.length,
    });
    // Evidence is divided by the size of the clusters, so a proof takes as many times the trials.
    const p95 = typical.p95 === null ? null : Math.ceil(typical.p95 * clustersOf(slo, judge));
    const breachMs = perSecond > 0 && p95 !== null ? (1000 * p95) / perSecond : Infinity;
    const least = isPayment ? minimum.payments : minimum.requests;
    const inWindow = Math.floor((perSecond * judge.literal.windowMs) / 1000);
    return [
      ...(breachMs <= budgetMs
        ? []
        : [
            `${rollback.clause} ${name} of ${formatRate(rate)}: ${takes(p95, breachMs)}, and the stage has ${formatMs(budgetMs)}`,
          ]),
      ...(judge.mode === 'proof-only' || inWindow >= least
        ? []
        : [
            `${rollback.clause} ${name} by the literal rule: ${formatCount(inWindow)} of ${formatCount(least)} samples in ${formatMs(judge.literal.windowMs)}`,
          ]),
    ];
  });
  if (warmUpMs + latency.sustainedMs <= budgetMs) return rules;
  return [...rules, `4.1a: P95 above its limit for ${formatMs(latency.sustainedMs)} is longer than the stage can last`];
}

const takes = (trials: number | null, ms: number): string =>
  Number.isFinite(ms) ? `a proof takes ${formatCount(trials ?? 0)} samples, ${formatMs(ms)}` : 'no samples';
