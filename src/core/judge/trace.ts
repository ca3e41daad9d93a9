import type { DecisionLine } from '../rollout/decision-line.ts';
import type { Served } from '../rollout/observation.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../rollout/record.ts';
import { servedUsers } from '../rollout/served-users.ts';
import { formatRate, type Slo } from '../slo.ts';
import { logLaneEvidence } from '../statistics/index.ts';
import { mayRollBack } from './decided.ts';
import { logFastMean } from './fast.ts';
import { eventName, sourceName } from './estimate.ts';
import type { Decided, JudgeState } from './judge-state.ts';
import { evidenceOf, type Lane } from './lanes.ts';
import { judgeEvent } from './rollout.ts';
import { spare, type Spared } from './spared.ts';
import { startJudge } from './stage-state.ts';

/** Seconds since the first event of the rollout, and the natural log of an e-value. */
export interface EvidencePoint {
  readonly second: number;
  readonly logEvidence: number;
}

export interface LaneTrace {
  /** `fast`, `rollback`, `hold` for what decides; `rollback.0`, `hold.3`, ... for the lanes behind a mean. */
  readonly id: string;
  readonly title: string;
  readonly group: Group;
  /**
   * Natural log of what an e-value has to reach: 1/alpha for what decides; for a lane behind a mean lanes/alpha, with which it
   * would decide alone.
   */
  readonly threshold: number;
  readonly points: readonly EvidencePoint[];
}
type Group = 'fast' | 'rollback' | 'hold';

export interface DecisionTrace {
  readonly second: number;
  readonly line: DecisionLine;
  /** Percent of the traffic on the canary at that moment. */
  readonly share: number;
  readonly because: string;
}

/** Everything that the report draws of the decisions of a rollout. */
export interface EvidenceTrace {
  readonly lanes: readonly LaneTrace[];
  /** The first rollback criterion that was met; absent where none was. */
  readonly decision?: DecisionTrace;
  /** The share that was set and the share of users' requests that was served, as fractions, at each observation. */
  readonly shares: readonly { readonly second: number; readonly set?: number; readonly served?: number }[];
  /** Requests of users on the canary, and how many of them failed. */
  readonly affected?: Served;
  readonly spared?: Spared;
}

/** More points than these show no more on a chart. */
const mostPoints = 600;

/** The evidence of each lane over time, from the same fold that decided. Pure. */
export function traceEvidence(record: RolloutRecord, slos: readonly Slo[]): EvidenceTrace {
  const { events, plan } = record;
  const begin = Date.parse(events[0]?.at ?? '');
  const secondOf = ({ at }: TimedRolloutEvent): number => Math.max(0, (Date.parse(at) - begin) / 1000);
  let judge = startJudge({ slos, settings: plan.settings });
  const points = new Map<string, EvidencePoint[]>();
  let decision: DecisionTrace | undefined;
  let decided: Decided | undefined;
  for (const event of events) {
    const before = judge;
    judge = judgeEvent(judge, event);
    for (const { id, logEvidence } of changes(before, judge))
      (points.get(id) ?? points.set(id, []).get(id))?.push({ second: secondOf(event), logEvidence });
    decided ??= judge.current?.decided;
    decision ??= decisionIn(judge, secondOf(event));
  }
  const affected = servedUsers(events);
  const spared = spare(record, decided, slos);
  return {
    lanes: headings(judge).map((heading) => ({ ...heading, points: thin(points.get(heading.id) ?? []) })),
    ...(decision ? { decision } : {}),
    shares: events.flatMap((event) =>
      event.type === 'observed' ? [{ second: secondOf(event), ...split(event) }] : [],
    ),
    ...(affected ? { affected } : {}),
    ...(spared ? { spared } : {}),
  };
}

function decisionIn({ current }: JudgeState, second: number): DecisionTrace | undefined {
  if (!current?.decided) return undefined;
  const { line, because } = current.decided;
  return { second, line, share: current.stage.share, because };
}

/** The evidence that an event changed. */
function changes(before: JudgeState, after: JudgeState): { readonly id: string; readonly logEvidence: number }[] {
  const changed: { id: string; logEvidence: number }[] = [];
  if (before.fast !== after.fast) changed.push({ id: 'fast', logEvidence: logFastMean(after) });
  for (const group of ['rollback', 'hold'] as const) {
    const lanes = after.lanes[group];
    if (before.lanes[group] === lanes) continue;
    const { current } = after;
    const may = (lane: Lane) => group === 'hold' || (current !== undefined && mayRollBack(lane, after, current));
    changed.push({ id: group, logEvidence: evidenceOf(lanes, may) });
    for (const [index, lane] of lanes.entries())
      if (lane !== before.lanes[group][index])
        changed.push({ id: `${group}.${index}`, logEvidence: logLaneEvidence(lane.state) });
  }
  return changed.filter(({ logEvidence }) => Number.isFinite(logEvidence));
}

function headings({ lanes, input }: JudgeState): Omit<LaneTrace, 'points'>[] {
  const { alpha } = input.settings.judge;
  const behind = (group: 'rollback' | 'hold') =>
    lanes[group].map((lane, index) => ({
      id: `${group}.${index}`,
      group,
      title: titleOf(lane),
      threshold: Math.log(lanes[group].length / alpha[group]),
    }));
  return [
    { id: 'fast', group: 'fast', title: '5xx at the router, breach and regression', threshold: -Math.log(alpha.fast) },
    { id: 'rollback', group: 'rollback', title: 'Mean of the rollback lanes', threshold: -Math.log(alpha.rollback) },
    ...behind('rollback'),
    { id: 'hold', group: 'hold', title: 'Mean of the hold lanes', threshold: -Math.log(alpha.hold) },
    ...behind('hold'),
  ];
}

function titleOf({ slo, source, question, limit, sustained, clause }: Lane): string {
  const what = `${slo.event.kind === 'slow-response' ? `P${slo.event.percentile} ` : ''}${eventName(slo)}${sourceName[source]}`;
  const than = question === 'breach' ? `above ${formatRate(limit)}` : `${limit} times the odds of the baseline`;
  return `${what} ${than}${sustained ? ', sustained' : ''} (${clause})`;
}

function split({ observation }: Extract<TimedRolloutEvent, { type: 'observed' }>): { set?: number; served?: number } {
  const { share, served } = observation;
  const requests = served ? served.canary.requests + served.baseline.requests : 0;
  return {
    ...(share === undefined ? {} : { set: share }),
    ...(served && requests > 0 ? { served: served.canary.requests / requests } : {}),
  };
}

/** Of each bin the highest point, because a peak is what decides, and the last point of all. */
function thin(points: readonly EvidencePoint[]): readonly EvidencePoint[] {
  const size = Math.ceil(points.length / mostPoints);
  if (size <= 1) return points;
  const bins = Array.from({ length: Math.ceil(points.length / size) }, (_, bin) =>
    points.slice(bin * size, (bin + 1) * size),
  );
  const highest = bins.flatMap((bin) => bin.toSorted((a, b) => b.logEvidence - a.logEvidence).slice(0, 1));
  const last = points.at(-1);
  return last && highest.at(-1) !== last ? [...highest, last] : highest;
}
