import type { RolloutSettings } from '../rollout/settings.ts';
import type { Slo } from '../slo.ts';
import { addTally, keyOf, type Source, type Tally } from './tally.ts';

/** How long, up to now, every evaluated interval of latency has been above its limit (4.1a). Of constant size. */
export interface Sustained {
  readonly pending: { readonly lengthMs: number; readonly tally: Tally };
  /** By objective and source. */
  readonly spans: Readonly<Record<string, Span>>;
}

export interface Span {
  /** Observed time of intervals that breach, one after the other. */
  readonly breachMs: number;
  /** Time since the first of them that was not observed, or had no samples; it neither ends nor extends the span. */
  readonly gapMs: number;
}

export const notSustained: Sustained = { pending: { lengthMs: 0, tally: {} }, spans: {} };
const noSpan: Span = { breachMs: 0, gapMs: 0 };

export const isPercentile = ({ event }: Slo): boolean => event.kind === 'slow-response' && event.percentile >= 95;

/** A reading after the warm-up; `tally` is absent for time that was not observed. */
export function addReading(
  state: Sustained,
  { lengthMs, tally }: { readonly lengthMs: number; readonly tally?: Tally },
  slos: readonly Slo[],
  { latency, synthetic }: RolloutSettings,
): Sustained {
  if (!tally) return { ...state, spans: mapSpans(state.spans, (span) => addGap(span, lengthMs)) };
  const pending = { lengthMs: state.pending.lengthMs + lengthMs, tally: addTally(state.pending.tally, tally) };
  // Readings may come slightly early; half of one missing must not double the interval.
  if (pending.lengthMs + lengthMs / 2 < latency.intervalMs) return { ...state, pending };
  const sources: Source[] = synthetic === false ? ['users'] : ['users', 'synthetic'];
  const spans = { ...state.spans };
  for (const slo of slos.filter(isPercentile))
    for (const source of sources) {
      const key = keyOf('canary', source, slo);
      const { events, trials } = pending.tally[key] ?? { events: 0, trials: 0 };
      const span = spans[key] ?? noSpan;
      if (trials === 0) spans[key] = addGap(span, pending.lengthMs);
      else if (events / trials >= slo.limit) spans[key] = { ...span, breachMs: span.breachMs + pending.lengthMs };
      else spans[key] = noSpan;
    }
  return { pending: notSustained.pending, spans };
}

/** A gap before the first breach is no part of the span. */
const addGap = (span: Span, ms: number): Span => (span.breachMs === 0 ? span : { ...span, gapMs: span.gapMs + ms });

const mapSpans = (spans: Sustained['spans'], change: (span: Span) => Span): Sustained['spans'] =>
  Object.fromEntries(Object.entries(spans).map(([key, span]) => [key, change(span)]));

export const spanOf = ({ spans }: Sustained, source: Source, slo: Slo): Span =>
  spans[keyOf('canary', source, slo)] ?? noSpan;
