import { describeShares } from '../core/rollout/step.ts';
import type { StageView } from '../core/rollout/view.ts';
import { formatCount, formatMs, formatRate } from '../core/slo.ts';
import type { Judgement } from '../core/verdict.ts';
import { marks, type Style } from './marks.ts';

type Paint = (style: Style, text: string) => string;
const barWidth = 24;

/** The stage that goes on, as lines: traffic, dwell, every check with its value and bounds. */
export function stageBoard(view: StageView, paint: Paint): string[] {
  const { stage, shares, observedMs, dwellMs, judgements, users, problem } = view;
  const filled = Math.min(barWidth, Math.round((barWidth * observedMs) / dwellMs));
  const bar = `${paint('green', '█'.repeat(filled))}${paint('dim', '░'.repeat(barWidth - filled))}`;
  const left = observedMs < dwellMs ? `${formatMs(dwellMs - observedMs)} left` : 'dwell is over';
  const width = Math.max(0, ...judgements.map(({ title }) => title.length));
  return [
    `    ${paint('bold', `${stage.share} %`)}  ${bar}  ${formatMs(observedMs)} of ${formatMs(dwellMs)} observed, ${left}`,
    `    traffic  ${shares ? describeShares(shares) : 'cannot be read'}${users ? `   users  ${formatCount(users.requests)} answered, ${formatCount(users.failed)} failed` : ''}`,
    ...judgements.map((judgement) => checkLine(judgement, width, paint)),
    ...(problem === undefined ? [] : [`    ${paint('yellow', `! ${problem}`)}`]),
  ];
}

function checkLine({ title, status, actual, bounds }: Judgement, width: number, paint: Paint): string {
  const { sign, style } = marks[status];
  const between = bounds ? paint('dim', `  truly ${formatRate(bounds.lower)} to ${formatRate(bounds.upper)}`) : '';
  return `    ${paint(style, sign)} ${title.padEnd(width)}  ${actual}${between}`;
}

/** The same in one line, for a log. */
export function stageLine({ stage, observedMs, dwellMs, judgements, problem }: StageView): string {
  const open = judgements.filter(({ status }) => status !== 'pass').map(({ title, actual }) => `${title}: ${actual}`);
  const told = problem ?? (open.length === 0 ? 'every check is kept so far' : open.join('; '));
  return `${stage.share} %: ${formatMs(observedMs)} of ${formatMs(dwellMs)} observed; ${told}`;
}
