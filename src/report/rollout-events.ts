import { describeLine } from '../core/rollout/decision-line.ts';
import type { TimedRolloutEvent } from '../core/rollout/record.ts';
import { type Decision, describeDecision } from '../core/rollout/decided.ts';
import { stepInfo } from '../core/rollout/step-info.ts';
import { describeStage } from '../core/rollout/step.ts';
import { formatMs } from '../core/slo.ts';
import type { ClauseId } from '../core/sop.ts';
import type { VerdictWord } from '../core/verdict.ts';

export type Tone = 'good' | 'bad' | 'unsure';

/** A row of the table of events. */
export interface EventRow {
  readonly event: string;
  readonly clause?: ClauseId;
  readonly result: string;
  readonly tone: Tone;
}

export const verdictTones: Record<VerdictWord, Tone> = { GO: 'good', 'NO-GO': 'bad', HOLD: 'unsure' };

export const decisionTones: Record<Decision['decision'], Tone> = { go: 'good', 'no-go': 'bad', extend: 'unsure' };

/** One event as a row; undefined for what the charts show. */
export function eventRow(event: TimedRolloutEvent): EventRow | undefined {
  switch (event.type) {
    case 'command-started':
    case 'intended':
    case 'observed':
    case 'sampled':
      return undefined;
    case 'done': {
      const { title, clause } = stepInfo(event.step);
      const { problems = [] } = event;
      const result = [event.summary, ...problems].join('; ');
      return { event: title, clause, result, tone: problems.length > 0 ? 'unsure' : 'good' };
    }
    case 'failed': {
      const { title, clause } = stepInfo(event.step);
      return { event: title, clause, result: event.because, tone: 'bad' };
    }
    case 'judged':
      return {
        event: `${event.word} at ${describeStage(event.stage)}`,
        clause: '2.B4',
        result:
          event.line === undefined
            ? event.because
            : `${event.because.replace(/\.$/, '')} (${describeLine(event.line)})`,
        tone: verdictTones[event.word],
      };
    case 'stepped-back':
      return { event: 'Step-back, no verdict', clause: '4.1b', result: event.because, tone: 'unsure' };
    case 'aborted':
      return { event: 'Aborted', clause: '4.2.1', result: event.because, tone: 'bad' };
    case 'decided':
      return {
        event: describeDecision({ ...event, because: '' }, formatMs).replace(/: $/, ''),
        ...(event.decision === 'extend' ? {} : { clause: event.decision === 'go' ? '2.B4' : '4.2.1' }),
        result: `${event.because} (evidence ${event.digest})`,
        tone: decisionTones[event.decision],
      };
    case 'paused':
      return { event: 'Paused', result: event.because, tone: 'unsure' };
    case 'resumed':
      return { event: 'Resumed', result: `after ${formatMs(event.unobservedMs)} without observation`, tone: 'unsure' };
  }
}
