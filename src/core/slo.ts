import type { OutcomeCounter } from './metric-names.ts';
import type { ClauseId } from './sop.ts';

/** What is counted as an event; every SLO is the rate of one kind of event. */
export type SloEvent =
  /** A response slower than `thresholdMs`. */
  | { readonly kind: 'slow-response'; readonly percentile: number; readonly thresholdMs: number }
  /** A response with a status of 500 or more, or no response at all. */
  | { readonly kind: 'server-error' }
  /** A payment attempt that did not succeed. */
  | { readonly kind: 'failed-payment' }
  /** A session of a user that crashed, as the error tracker counts it. */
  | { readonly kind: 'crashed-session' };

/** The kinds of objectives as configuration names them, and the event that each counts. */
export const objectiveKinds = {
  latency: 'slow-response',
  'server-errors': 'server-error',
  'payment-success': 'failed-payment',
} as const satisfies Readonly<Record<string, SloEvent['kind']>>;
export type ObjectiveKind = keyof typeof objectiveKinds;

/** One service level objective, normalised: the rate of `event` must stay under `limit`. */
export interface Slo {
  readonly id: string;
  readonly title: string;
  readonly clause: ClauseId;
  readonly event: SloEvent;
  /** Fraction in (0, 1): 0.005 for 5xx < 0.5 %, 0.05 for a P95, 0.02 for payment success >= 98 %. */
  readonly limit: number;
  /** Whether a rate equal to `limit` meets the objective (>= 98 % does, < 0.5 % does not). */
  readonly limitIncluded: boolean;
  /** Fewer trials than this decide nothing. */
  readonly minSamples: number;
  /** The rollback criterion on the same event, where the SOP has one. A rate above it is NO-GO even within `limit`. */
  readonly rollback?: { readonly clause: ClauseId; readonly above: number };
  /** For attempts: the counter of a metrics page that has them. */
  readonly counter?: OutcomeCounter;
  /** For attempts: what the path of an attempt begins with, behind any prefix. */
  readonly routes?: readonly string[];
}

/** The objectives without those of a kind that does not apply to the target. */
export const applicableSlos = (
  slos: readonly Slo[],
  inapplicable: Partial<Readonly<Record<ObjectiveKind, string>>>,
): Slo[] => {
  const kinds = (Object.keys(inapplicable) as ObjectiveKind[]).map((kind): string => objectiveKinds[kind]);
  return slos.filter(({ event }) => !kinds.includes(event.kind));
};

/** The objective as text: `P95 < 1 s`, `5xx < 0.5 %`, `payment success >= 98 %`. */
export function describeObjective(slo: Slo): string {
  switch (slo.event.kind) {
    case 'slow-response':
      return `P${slo.event.percentile} < ${formatMs(slo.event.thresholdMs)}`;
    case 'server-error':
      return `5xx ${slo.limitIncluded ? '<=' : '<'} ${formatRate(slo.limit)}`;
    case 'crashed-session':
      return `crash-free sessions ${slo.limitIncluded ? '>=' : '>'} ${formatRate(1 - slo.limit)}`;
    case 'failed-payment':
      return `payment success ${slo.limitIncluded ? '>=' : '>'} ${formatRate(1 - slo.limit)}`;
  }
}

/** 0.00312 -> `0.31 %`. Fraction in [0, 1]. */
export const formatRate = (fraction: number): string => {
  const percent = fraction * 100;
  // A small rate must not be printed as 0 %.
  if (percent > 0 && percent < 0.005) return '< 0.01 %';
  const digits = percent !== 0 && percent < 10 ? 2 : 1;
  return `${Number(percent.toFixed(digits))} %`;
};

/** 950 -> `950 ms`, 1234 -> `1.23 s`, 300000 -> `5 min`. Milliseconds, not negative. */
export const formatMs = (ms: number): string => {
  if (ms >= 120_000) return `${Number((ms / 60_000).toFixed(1))} min`;
  if (ms >= 1000) return `${Number((ms / 1000).toFixed(2))} s`;
  return `${Number(ms.toFixed(ms < 10 ? 1 : 0))} ms`;
};

/** One full stop at the end, whether the text has it or not. */
export const endSentence = (text: string): string => text.replace(/[.\s]*$/, '.');

/** 4812 -> `4 812`: a whole count, grouped independently of the locale. */
export const formatCount = (count: number): string => String(count).replace(/\B(?=(\d{3})+(?!\d))/g, ' ');
