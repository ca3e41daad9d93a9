import type { TimedRolloutEvent } from '../core/rollout/record.ts';
import { stepInfo } from '../core/rollout/step.ts';
import { formatMs } from '../core/slo.ts';
import type { ClauseId } from '../core/sop.ts';

export interface Told {
  readonly what: string;
  readonly clause?: ClauseId;
  readonly how: string;
  readonly tone: 'good' | 'bad' | 'unsure' | 'quiet';
}

/** One event in words; undefined for what is drawn elsewhere. */
export function writeEvent(event: TimedRolloutEvent): Told | undefined {
  switch (event.type) {
    case 'intended':
    case 'observed':
      return undefined;
    case 'done': {
      const { title, clause } = stepInfo(event.step);
      return {
        what: title,
        clause,
        how: event.summary,
        tone: 'good',
      };
    }
    case 'failed': {
      const { title, clause } = stepInfo(event.step);
      return { what: title, clause, how: event.because, tone: 'bad' };
    }
    case 'judged':
      return {
        what: `${event.word} at ${event.stage.share} %`,
        clause: '2.B4',
        how: event.because,
        tone: event.word === 'GO' ? 'good' : event.word === 'HOLD' ? 'unsure' : 'bad',
      };
    case 'aborted':
      return { what: 'Taken back', clause: '4.2.1', how: event.because, tone: 'bad' };
    case 'paused':
      return { what: 'Stopped', how: event.because, tone: 'unsure' };
    case 'resumed':
      return { what: 'Gone on with', how: `nobody watched for ${formatMs(event.unobservedMs)}`, tone: 'unsure' };
  }
}
