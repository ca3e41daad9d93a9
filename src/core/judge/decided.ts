import type { Count } from '../evidence.ts';
import { formatMs, formatRate, type Slo } from '../slo.ts';
import { describeCount, formatEstimate } from './estimate.ts';
import { logFastMean } from './fast.ts';
import { windowOf } from './feed.ts';
import { evidenceOf, type Lane, strongest } from './lanes.ts';
import { cameWithShift, type Firing, isBreached } from './literal-rule.ts';
import type { Decided, JudgeState, StageState } from './judge-state.ts';
import { isPercentile, type Span, spanOf } from './sustained.ts';
import { countIn, errorSlos, type Source } from './tally.ts';

/** Lines 1 to 3 of the order of decision, after every batch; undefined where none of them rolls back. */
export function decideNow(state: JudgeState): Decided | undefined {
  const { current } = state;
  if (!current) return undefined;
  return decideFast(state, current) ?? decideBreach(state, current) ?? decideLiterally(state, current);
}

/** Line 1, after every sample. */
export function decideFast(state: JudgeState, { router }: StageState): Decided | undefined {
  const { slos, settings } = state.input;
  const [slo] = errorSlos(slos);
  if (!slo || logFastMean(state) < -Math.log(settings.judge.alpha.fast)) return undefined;
  const counted = router.recent.length > 0 ? windowOf(router) : router.total;
  const strata = (['router', 'sent'] as const).flatMap((source) => {
    const canary = countIn(counted, 'canary', source, slo);
    if (source === 'sent' && canary.trials === 0) return [];
    return [
      `${describeCount(slo, source, canary)}, and of the baseline ${formatEstimate(countIn(counted, 'baseline', source, slo))}`,
    ];
  });
  return {
    line: 'fast',
    slo,
    source: 'router',
    clause: slo.rollback?.clause ?? slo.clause,
    because: `breach and regression proved: ${strata.join('; ')}`,
  };
}

/** Whether a lane may roll back now: its span is sustained, and what the router answered itself came with the shift. */
export function mayRollBack({ sustained, source, slo }: Lane, { input }: JudgeState, current: StageState): boolean {
  if (sustained) return spanOf(current.sustained, source, slo).breachMs >= input.settings.latency.sustainedMs;
  return source !== 'front' || cameWithShift(slo, input.frontBefore);
}

function decideBreach(state: JudgeState, current: StageState): Decided | undefined {
  const lane = provedBreach(state, current);
  // The same breach on both sides has a shared cause, which a rollback does not end; the SOP's own criterion counts all the same.
  if (!lane || (isShared(lane, state, current) && !firingOf(lane, current))) return undefined;
  const count = countOfLane(lane, current);
  const sustained = lane.sustained ? `, ${describeSpan(spanOf(current.sustained, lane.source, lane.slo))}` : '';
  const shared = isShared(lane, state, current) ? `; ${sharedCause(lane, current)}` : '';
  return {
    line: 'breach',
    slo: lane.slo,
    source: lane.source,
    clause: lane.clause,
    because: `breach proved: ${describeCount(lane.slo, lane.source, count)}, above ${formatRate(lane.limit)}${sustained}${shared}`,
  };
}

/** The strongest of the rollback lanes, once their mean has reached its threshold. */
export function provedBreach(state: JudgeState, current: StageState): Lane | undefined {
  const { lanes, input } = state;
  const may = (lane: Lane) => mayRollBack(lane, state, current);
  const proved = evidenceOf(lanes.rollback, may) >= -Math.log(input.settings.judge.alpha.rollback);
  return proved ? strongest(lanes.rollback, may) : undefined;
}

/**
 * The baseline is above the same limit over the trailing window, and the canary is not shown to be worse than it: requests of
 * our own by these, users by users, because a canary that is worse for one of them has not caused what both sides do to the other.
 */
export function isShared(lane: Lane, { lanes, input }: JudgeState, current: StageState): boolean {
  const { slo, source } = lane;
  const worse = lanes.hold.filter((each) => each.question === 'regression' && each.slo.id === slo.id);
  const sameOrigin = (each: Lane) => (each.source === 'synthetic') === (source === 'synthetic');
  if (evidenceOf(worse, sameOrigin) >= -Math.log(input.settings.judge.alpha.hold)) return false;
  return isBreached(baselineOf(source, slo, current), slo, input.settings);
}

export const sharedCause = ({ slo, source }: Lane, current: StageState): string =>
  `the baseline is above it too, ${formatEstimate(baselineOf(source, slo, current))}: check for a shared cause`;

const baselineOf = (source: Source, slo: Slo, { pages, router }: StageState) =>
  source === 'router' || source === 'front'
    ? countIn(windowOf(router), 'baseline', 'router', slo)
    : countIn(windowOf(pages), 'baseline', source, slo);

/** Over the trailing window where there is one: a defect that began late is diluted in the counts of the whole stage. */
function countOfLane({ slo, source }: Lane, { pages, router }: StageState): Count {
  const feed = source === 'router' || source === 'front' ? router : pages;
  return countIn(feed.recent.length > 0 ? windowOf(feed) : feed.total, 'canary', source, slo);
}

/** What the literal rule says of the same objective; users' counts come from the instances and from the router. */
const firingOf = ({ slo }: Lane, { literal }: StageState): Firing | undefined =>
  Object.values(literal).find((firing) => firing.slo.id === slo.id && firing.fires && !isOursAlone(firing));

/** The SOP's rule is about what users get: requests of our own that fail on both sides alike blame neither. */
const isOursAlone = ({ source, baseline }: Firing): boolean => source === 'synthetic' && baseline !== undefined;

function decideLiterally(state: JudgeState, current: StageState): Decided | undefined {
  const { slos, settings } = state.input;
  const { mode, literal } = settings.judge;
  if (mode === 'proof-only') return undefined;
  const firing = Object.values(current.literal).find(
    (each) => !isOursAlone(each) && (each.confirmed || (mode === 'sop-strict' && each.fires)),
  );
  if (firing) {
    const { slo, source, count, baseline } = firing;
    const confirmed = mode === 'sop-strict' ? '' : `, confirmed by ${formatMs(literal.confirmMs)} more`;
    const shared = baseline
      ? `; the baseline is above it too, ${formatEstimate(baseline)}: check for a shared cause`
      : '';
    return {
      line: 'sop',
      slo,
      source,
      clause: slo.rollback?.clause ?? slo.clause,
      because: `${describeCount(slo, source, count)} over ${formatMs(literal.windowMs)}, above ${formatRate(slo.rollback?.above ?? slo.limit)}${confirmed}${shared}`,
    };
  }
  return decideSustained(slos, state, current);
}

function decideSustained(slos: readonly Slo[], { input }: JudgeState, current: StageState): Decided | undefined {
  const { sustainedMs } = input.settings.latency;
  for (const slo of slos.filter(isPercentile))
    for (const source of ['users', 'synthetic'] as const) {
      const span = spanOf(current.sustained, source, slo);
      if (span.breachMs < sustainedMs) continue;
      const count = countIn(current.pages.total, 'canary', source, slo);
      const because = `${describeSpan(span)}: ${describeCount(slo, source, count)}`;
      return { line: 'sop', slo, source, clause: '4.1a', because };
    }
  return undefined;
}

function describeSpan({ breachMs, gapMs }: Span): string {
  const gaps = gapMs > 0 ? ` of observed time; ${formatMs(gapMs)} within it were not observed` : '';
  return `above the limit in every interval for ${formatMs(breachMs)}${gaps}`;
}
