import { formatMs } from '../slo.ts';
import type { RolloutSettings } from './settings.ts';

/** Requests and payments a second. */
export interface Traffic {
  readonly requests: number;
  readonly payments: number;
}

export interface StageForecast {
  readonly share: number;
  /** What the new release will receive. */
  readonly traffic: Traffic;
  /** Observed time until the minimum of samples is reached; undefined where it never is. */
  readonly needsMs: { readonly requests?: number; readonly payments?: number };
  /** How long the stage takes if nothing is wrong; undefined where its time runs out first. */
  readonly takesMs?: number;
  /** Whether requests of our own make up for what users do not send. */
  readonly synthetic: boolean;
  /** Rules that cannot decide within the time of the stage, and why. */
  readonly cannotFire: readonly string[];
}

export interface ForecastInput {
  readonly stages: readonly number[];
  readonly settings: RolloutSettings;
  /** What all users together send now. */
  readonly users: Traffic;
  /** What we would send to the new release; undefined where the target does not allow it. */
  readonly synthetic?: Traffic;
}

/** What each stage can measure at the current traffic, before anything is changed. */
export function forecastStages({ stages, settings, users, synthetic }: ForecastInput): StageForecast[] {
  return stages.map((share) => {
    const own = { requests: (users.requests * share) / 100, payments: (users.payments * share) / 100 };
    const needsOurs = synthetic !== undefined && !isEnough(own, settings);
    const traffic = needsOurs
      ? { requests: own.requests + synthetic.requests, payments: own.payments + synthetic.payments }
      : own;
    const needs = needsOf(traffic, settings);
    const budgetMs = settings.dwellMs + settings.holdBudgetMs;
    const longest = Math.max(settings.dwellMs, needs.requests ?? Infinity, needs.payments ?? Infinity);
    return {
      share,
      traffic,
      needsMs: needs,
      ...(longest <= budgetMs ? { takesMs: longest } : {}),
      synthetic: needsOurs,
      cannotFire: silentRules(needs, settings, budgetMs),
    };
  });
}

/** Whether these requests alone bring the minimum of samples within the dwell. */
export function isEnough(traffic: Traffic, settings: RolloutSettings): boolean {
  const { requests = Infinity, payments = Infinity } = needsOf(traffic, settings);
  return Math.max(requests, payments) <= settings.dwellMs;
}

function needsOf(traffic: Traffic, { minimum, warmUpMs }: RolloutSettings): StageForecast['needsMs'] {
  return {
    // Latency counts only after the warm-up, so the requests have to come after it.
    ...(traffic.requests > 0 ? { requests: warmUpMs + (1000 * minimum.requests) / traffic.requests } : {}),
    ...(traffic.payments > 0 ? { payments: (1000 * minimum.payments) / traffic.payments } : {}),
  };
}

function silentRules(needs: StageForecast['needsMs'], settings: RolloutSettings, budgetMs: number): string[] {
  const within = `within ${formatMs(budgetMs)}`;
  const late = (what: string, needMs: number | undefined, least: number) =>
    needMs !== undefined && needMs <= budgetMs
      ? []
      : [
          `${what}: ${needMs === undefined ? 'no samples' : `${least} samples take ${formatMs(needMs)}, not ${within}`}`,
        ];
  const { sustainedMs } = settings.latency;
  return [
    ...late('4.1b 5xx and 3.2a latency', needs.requests, settings.minimum.requests),
    ...late('4.1b failed payments', needs.payments, settings.minimum.payments),
    ...(settings.warmUpMs + sustainedMs <= budgetMs
      ? []
      : [`4.1a: P95 above its limit for ${formatMs(sustainedMs)} is longer than the stage can last`]),
  ];
}
