import type { RunEvent } from '../core/events.ts';
import type { RolloutEvent } from '../core/rollout/advance.ts';
import { describeDecision } from '../core/rollout/decided.ts';
import { stepInfo } from '../core/rollout/step-info.ts';
import { describeStage } from '../core/rollout/step.ts';
import { formatMs } from '../core/slo.ts';
import type { Judgement } from '../core/verdict.ts';
import { type Paint, statusStyles, verdictStyles } from './status-style.ts';

/** The events of the step in progress; all others are lines that stay. */
export type ProgressEvent = Extract<
  RunEvent,
  { readonly type: 'step-started' | 'step-progress' | 'step-finished' | 'stage-observed' }
>;

/** An event as lines that stay on the terminal; none where the summary at the end of the run shows it. */
export function eventLines(event: Exclude<RunEvent, ProgressEvent>, paint: Paint): string[] {
  switch (event.type) {
    case 'run-started':
      return [paint('bold', `${event.verb} ${event.target}/${event.environment}`) + paint('dim', `  ${event.runId}`)];
    case 'note':
      return [paint('dim', `  ${event.text}`)];
    case 'judged':
      return judgementLines(event.judgement, paint);
    case 'not-checked':
      return [paint('dim', `  – ${event.check.title}: not checked, ${event.check.because}`)];
    case 'interrupted':
      return [paint('yellow', `  ${event.signal}: stopping every process that this run started`)];
    case 'lock-taken-over':
      return [paint('yellow', `  lock of ${event.from} taken over: ${event.because}`)];
    case 'rollout':
      return rolloutLines(event.event, paint);
    case 'rollout-planned':
    case 'sampled':
    case 'target-stopped':
    case 'verdict':
      return [];
  }
}

function judgementLines({ title, clauses, actual, status, because }: Judgement, paint: Paint): string[] {
  const { symbol, style } = statusStyles[status];
  return [
    `  ${paint(style, symbol)} ${title} ${paint('dim', clauses.join(' '))}  ${actual}`,
    ...(status === 'pass' ? [] : [`      ${paint(style, because)}`]),
  ];
}

function rolloutLines(event: RolloutEvent, paint: Paint): string[] {
  switch (event.type) {
    case 'done': {
      const { title, clause } = stepInfo(event.step);
      const { problems = [] } = event;
      const mark = problems.length > 0 ? paint('yellow', '!') : paint('green', '✔');
      const reasons = problems.map((problem) => `    ${paint('yellow', problem)}`);
      return [`  ${mark} ${title} ${paint('dim', clause)}  ${event.summary}`, ...reasons];
    }
    case 'failed':
      return [`  ${paint('red', '✘')} ${paint('red', event.because)}`];
    case 'judged':
      return [`  ${paint(verdictStyles[event.word], event.word)} at ${describeStage(event.stage)}: ${event.because}`];
    case 'stepped-back':
      return [paint('yellow', `  step-back, no verdict: ${event.because}`)];
    case 'aborted':
    case 'paused':
      return [paint('yellow', `  ${event.type}: ${event.because}`)];
    case 'decided':
      return [paint('yellow', `  ${describeDecision(event, formatMs)}`)];
    case 'resumed':
      return [paint('yellow', `  resumed after ${formatMs(event.unobservedMs)} without observation`)];
    case 'command-started':
    case 'intended':
    case 'observed':
    case 'sampled':
      return [];
  }
}
