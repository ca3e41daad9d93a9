import { describeShares, describeStage } from '../core/rollout/step.ts';
import type { StageView } from '../core/rollout/view.ts';
import { formatCount, formatMs } from '../core/slo.ts';
import type { Judgement } from '../core/verdict.ts';
import { type Paint, statusStyles } from './status-style.ts';

const barWidth = 24;

/** The current stage as lines: observed time, traffic weights, and each check with its value and bounds. */
export function stageBoard(view: StageView, paint: Paint): string[] {
  const { isWatch, shares, observedMs, dwellMs, judgements, users, problem } = view;
  const filled = Math.min(barWidth, Math.round((barWidth * observedMs) / dwellMs));
  const bar = `${paint('green', '█'.repeat(filled))}${paint('dim', '░'.repeat(barWidth - filled))}`;
  const remaining =
    observedMs < dwellMs ? `${formatMs(dwellMs - observedMs)} remaining` : `${isWatch ? 'watch' : 'dwell'} complete`;
  const weights = shares ? describeShares(shares) : 'weights unknown';
  const served = users ? `   users  ${formatCount(users.requests)} requests, ${formatCount(users.failed)} failed` : '';
  const titleWidth = Math.max(0, ...judgements.map(({ title }) => title.length));
  return [
    `    ${paint('bold', nameOf(view))}  ${bar}  ${formatMs(observedMs)} of ${formatMs(dwellMs)} observed, ${remaining}`,
    `    traffic  ${weights}${served}`,
    ...(isWatch ? [`    ${openProofs(judgements)}`] : []),
    ...judgements.map((judgement) => checkLine(judgement, titleWidth, paint)),
    ...(problem === undefined ? [] : [`    ${paint('yellow', `! ${problem}`)}`]),
  ];
}

const nameOf = ({ isWatch, stage }: StageView): string => (isWatch ? 'watch' : describeStage(stage));

function openProofs(judgements: readonly Judgement[]): string {
  const open = judgements.filter(({ status }) => status !== 'pass').length;
  const proved = `proved   ${judgements.length - open} of ${judgements.length}`;
  return open === 0 ? proved : `${proved}, ${open} open`;
}

function checkLine({ title, status, actual }: Judgement, titleWidth: number, paint: Paint): string {
  const { symbol, style } = statusStyles[status];
  return `    ${paint(style, symbol)} ${title.padEnd(titleWidth)}  ${actual}`;
}

/** The same stage as one line of a log. */
export function stageLine(view: StageView): string {
  const { observedMs, dwellMs, judgements, problem } = view;
  const open = judgements.filter(({ status }) => status !== 'pass').map(({ title, actual }) => `${title}: ${actual}`);
  const state = problem ?? (open.length === 0 ? 'objectives met' : open.join('; '));
  return `${nameOf(view)}: ${formatMs(observedMs)} of ${formatMs(dwellMs)} observed; ${state}`;
}
