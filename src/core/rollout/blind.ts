import { formatMs } from '../slo.ts';
import type { Observation } from './observation.ts';
import type { RolloutSettings } from './settings.ts';

/** The observations that count for nothing, one after the other: a source or a router that cannot be read. */
export interface Blind {
  readonly inARow: number;
  readonly lengthMs: number;
  /** ISO 8601, wall clock, for people; nothing is decided by it. */
  readonly since?: string;
  /** The newest problem. */
  readonly problem?: string;
}

export const notBlind: Blind = { inARow: 0, lengthMs: 0 };

export function nextBlind(blind: Blind, { observed, at, lengthMs, problems }: Observation): Blind {
  if (observed) return notBlind;
  return {
    inARow: blind.inARow + 1,
    lengthMs: blind.lengthMs + lengthMs,
    since: blind.since ?? new Date(Date.parse(at) - lengthMs).toISOString(),
    problem: problems[0] ?? 'reason unknown',
  };
}

/** How often a source that cannot be read is retried, and after how much time the run ends as HOLD. */
export function blindLimits({
  blind,
  holdBudgetMs,
  intervalMs,
}: RolloutSettings): NonNullable<RolloutSettings['blind']> {
  return blind ?? { retryUpToMs: 3 * intervalMs, endAfterMs: Math.max(holdBudgetMs, 10 * intervalMs) };
}

/** Pause until the next attempt in ms: doubled with each attempt that failed, and never shorter than an interval. */
export const retryPauseMs = ({ inARow }: Blind, settings: RolloutSettings): number =>
  Math.max(
    settings.intervalMs,
    Math.min(blindLimits(settings).retryUpToMs, settings.intervalMs * 2 ** Math.max(0, inARow - 1)),
  );

export const isTooBlind = ({ lengthMs }: Blind, settings: RolloutSettings): boolean =>
  lengthMs > blindLimits(settings).endAfterMs;

/** `unobserved for 10 min, since 2026-11-26T05:52:11.000Z: http://green-1/metrics: connect ECONNREFUSED`. */
export const describeBlind = ({ lengthMs, since = 'an unknown time', problem = 'reason unknown' }: Blind): string =>
  `unobserved for ${formatMs(lengthMs)}, since ${since}: ${problem}`;
