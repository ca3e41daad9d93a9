import { judgeStage, type StageVerdict } from '../core/judge/stage.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../core/rollout/record.ts';
import { describeShares, factsOf, sameStage, type Stage } from '../core/rollout/step.ts';
import { observedMs, sumCounts, type Tick } from '../core/rollout/tick.ts';
import { formatMs, type Slo, type SloEvent } from '../core/slo.ts';
import type { ClauseId } from '../core/sop.ts';
import type { VerdictWord } from '../core/verdict.ts';

export type Tone = 'good' | 'bad' | 'unsure' | 'quiet';
export const verdictTones: Record<VerdictWord, Tone> = { GO: 'good', 'NO-GO': 'bad', HOLD: 'unsure' };

/** One stage as a person is told of it. */
export interface StageStory {
  readonly stage: Stage;
  readonly ticks: readonly Tick[];
  readonly observedMs: number;
  /** What the new release answered, where the objective that counts them is asked. */
  readonly requests?: number;
  readonly payments?: number;
  /** As it was decided then; absent where the rollout ended before. */
  readonly judged?: { readonly word: VerdictWord; readonly because: string };
  /** What its counts say under the objectives of today. */
  readonly counted: StageVerdict;
  readonly smoke?: { readonly ok: boolean; readonly told: string };
  readonly problems: readonly string[];
}

interface Visit {
  readonly stage: Stage;
  readonly events: TimedRolloutEvent[];
}

const stageOf = (event: TimedRolloutEvent): Stage | undefined => {
  if ('stage' in event) return event.stage;
  return 'step' in event && 'stage' in event.step ? event.step.stage : undefined;
};

/** Every stage in the order in which it was reached. */
export function stageStories(record: RolloutRecord, slos: readonly Slo[]): StageStory[] {
  const visits: Visit[] = [];
  for (const event of record.events) {
    const stage = stageOf(event);
    if (stage === undefined) continue;
    const last = visits.at(-1);
    if (last && sameStage(last.stage, stage)) last.events.push(event);
    else visits.push({ stage, events: [event] });
  }
  return visits.map((visit) => tellStage(visit, record, slos));
}

function tellStage({ stage, events }: Visit, { plan }: RolloutRecord, slos: readonly Slo[]): StageStory {
  const ticks = events.flatMap((event) => (event.type === 'tick' ? [event.tick] : []));
  const judged = events.findLast((event) => event.type === 'judged');
  const walked = events.findLast((event) => (event.type === 'done' || event.type === 'failed') && isSmoke(event));
  const requests = trialsOf('server-error', ticks, slos);
  const payments = trialsOf('failed-payment', ticks, slos);
  return {
    stage,
    ticks,
    observedMs: observedMs(ticks),
    ...(requests === undefined ? {} : { requests }),
    ...(payments === undefined ? {} : { payments }),
    ...(judged ? { judged } : {}),
    counted: judgeStage({ stage, ticks, slos, settings: plan.settings }),
    ...(walked?.type === 'done' ? { smoke: { ok: true, told: walked.summary } } : {}),
    ...(walked?.type === 'failed' ? { smoke: { ok: false, told: walked.because } } : {}),
    problems: [...new Set(ticks.flatMap(({ problems }) => problems))],
  };
}

const isSmoke = (event: TimedRolloutEvent): boolean => 'step' in event && event.step.do === 'smoke';

function trialsOf(kind: SloEvent['kind'], ticks: readonly Tick[], slos: readonly Slo[]): number | undefined {
  const slo = slos.find(({ event }) => event.kind === kind);
  return slo && sumCounts(ticks, 'canary', slo.id).trials;
}

/** One line of the log of events. */
export interface ToldEvent {
  readonly at: string;
  readonly what: string;
  readonly clause?: ClauseId;
  readonly how: string;
  readonly tone: Tone;
}

/** What happened, without the looks; the same HOLD said again and again is one line. */
export function toldEvents({ events }: RolloutRecord): ToldEvent[] {
  const told: (ToldEvent & { readonly times: number })[] = [];
  for (const event of events) {
    const line = tell(event);
    if (!line) continue;
    const last = told.at(-1);
    if (event.type === 'judged' && event.word === 'HOLD' && last?.what === line.what) {
      told[told.length - 1] = { ...last, how: line.how, times: last.times + 1 };
    } else told.push({ ...line, at: event.at, times: 1 });
  }
  return told.map(({ times, ...line }) => (times === 1 ? line : { ...line, how: `${line.how} (${times} times)` }));
}

function tell(event: TimedRolloutEvent): Omit<ToldEvent, 'at'> | undefined {
  switch (event.type) {
    case 'intended':
    case 'tick':
      return undefined;
    case 'done': {
      const { title, clause } = factsOf(event.step);
      const known = event.shares === undefined || event.summary.includes(describeShares(event.shares));
      const how = known || !event.shares ? event.summary : `${event.summary} (${describeShares(event.shares)})`;
      return { what: title, clause, how, tone: 'good' };
    }
    case 'failed': {
      const { title, clause } = factsOf(event.step);
      return { what: title, clause, how: event.because, tone: 'bad' };
    }
    case 'judged':
      return {
        what: `${event.word} at ${event.stage.share} %`,
        clause: '2.B4',
        how: event.because,
        tone: verdictTones[event.word],
      };
    case 'abandoned':
      return { what: 'Taken back', clause: '4.2.1', how: event.because, tone: 'bad' };
    case 'paused':
      return { what: 'Paused', how: event.because, tone: 'unsure' };
    case 'resumed':
      return { what: 'Resumed', how: `nobody watched for ${formatMs(event.unobservedMs)}`, tone: 'unsure' };
  }
}
