import type { RolloutRecord, TimedRolloutEvent } from '../../core/rollout/record.ts';

/** A stretch of wall time in ms since the beginning of the rollout. */
export interface Stretch {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The events on one line of time that never runs backwards, whatever the clock did. */
export interface RolloutTime {
  /** ISO 8601 of the first event that has a time. */
  readonly begin: string;
  readonly lengthMs: number;
  readonly events: readonly { readonly ms: number; readonly event: TimedRolloutEvent }[];
  /** Between a pause and its end; nothing was looked at. */
  readonly gaps: readonly Stretch[];
  /** A look that could not see. */
  readonly blind: readonly Stretch[];
}

export function timeRollout({ events }: RolloutRecord): RolloutTime {
  const begin = events.find(({ at }) => !Number.isNaN(Date.parse(at)))?.at ?? '';
  const beginMs = Date.parse(begin);
  let last = 0;
  const timed = events.map((event) => {
    const ms = Date.parse(event.at) - beginMs;
    last = Number.isFinite(ms) ? Math.max(last, ms) : last;
    return { ms: last, event };
  });
  const back = (toMs: number, lengthMs: number): Stretch => ({ fromMs: Math.max(0, toMs - lengthMs), toMs });
  return {
    begin,
    lengthMs: Math.max(1, last),
    events: timed,
    gaps: joined(
      timed.flatMap(({ ms, event }) => (event.type === 'resumed' ? [back(ms, finite(event.unobservedMs))] : [])),
    ),
    blind: joined(
      timed.flatMap(({ ms, event }) =>
        event.type === 'tick' && !event.tick.observed ? [back(ms, finite(event.tick.lengthMs))] : [],
      ),
    ),
  };
}

const finite = (ms: number): number => (Number.isFinite(ms) ? Math.max(0, ms) : 0);

/** Looks are not quite back to back; what lies closer than this is one stretch. */
const seamMs = 500;

function joined(stretches: readonly Stretch[]): Stretch[] {
  const whole: Stretch[] = [];
  for (const next of stretches) {
    const last = whole.at(-1);
    if (last && next.fromMs <= last.toMs + seamMs) whole[whole.length - 1] = { ...last, toMs: next.toMs };
    else whole.push(next);
  }
  return whole.filter(({ fromMs, toMs }) => toMs > fromMs);
}

/** A gap that is longer than this part of the watched time would push everything else together. */
const widestGap = 0.15;

/** From ms to a fraction of the width in [0, 1]; a long gap is drawn shorter than it was. */
export function scaleTime({ lengthMs, gaps }: Pick<RolloutTime, 'lengthMs' | 'gaps'>): (ms: number) => number {
  const gapMs = gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const watchedMs = Math.max(1, lengthMs - gapMs);
  const savings = gaps.map(({ fromMs, toMs }) => {
    const drawnMs = Math.min(toMs - fromMs, watchedMs * widestGap);
    return { fromMs, toMs, savedMs: toMs - fromMs - drawnMs };
  });
  const drawn = (ms: number) =>
    savings.reduce((at, { fromMs, toMs, savedMs }) => {
      const passed = Math.min(1, Math.max(0, (ms - fromMs) / (toMs - fromMs)));
      return at - passed * savedMs;
    }, ms);
  const whole = Math.max(1, drawn(lengthMs));
  return (ms) => Math.min(1, Math.max(0, drawn(ms) / whole));
}

const niceSteps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14_400, 43_200].map((s) => s * 1000);

/** Round times for the axis, about so many of them, none inside a gap that is drawn short. */
export function axisTimes({ lengthMs, gaps }: Pick<RolloutTime, 'lengthMs' | 'gaps'>, about: number): number[] {
  const gapMs = gaps.reduce((sum, { fromMs, toMs }) => sum + toMs - fromMs, 0);
  const watchedMs = Math.max(1, lengthMs - gapMs);
  const step = niceSteps.find((each) => watchedMs / each <= about) ?? 86_400_000;
  // A gap of days has more round times than anyone reads.
  const most = Math.min(5_000, Math.floor(lengthMs / step));
  return Array.from({ length: most + 1 }, (_, index) => index * step).filter(
    (ms) => !gaps.some(({ fromMs, toMs }) => ms > fromMs && ms < toMs),
  );
}
