import type { Intervention } from '../core/rollout/intervention.ts';
import type { Receipt, ReceiptStatus, ReceiptStep } from '../core/rollout/receipt.ts';
import { formatMs } from '../core/slo.ts';
import { columnGap, columnWidths, singleLine, wrappedRow, wrapText } from './wrapped-table.ts';

export const receiptLabels: Readonly<Record<ReceiptStatus, string>> = {
  done: 'done',
  problem: 'problem',
  failed: 'FAILED',
  skipped: 'not needed',
  open: 'open',
};

/** How long a step took; empty for one that was not executed. */
export const receiptDuration = ({ durationMs }: ReceiptStep): string =>
  durationMs === undefined ? '' : formatMs(durationMs);

/** When users had the previous release again. */
export const trafficBackLine = ({ trafficBackMs }: Receipt): string =>
  trafficBackMs === undefined
    ? 'The traffic is not back.'
    : `Traffic back, as read back, ${formatMs(trafficBackMs)} after the decision.`;

/** The receipt as a table of text. */
export function receiptLines(receipt: Receipt, width: number): string[] {
  const rows = receipt.steps.map((step) => [
    receiptLabels[step.status],
    step.clause,
    singleLine(step.title),
    receiptDuration(step),
    singleLine([step.proof, ...step.problems].join('; ')),
  ]);
  const head = ['status', 'clause', 'step', 'took', 'proof'];
  const widths = columnWidths([head, ...rows], new Set([0, 1, 3]), width);
  return [trafficBackLine(receipt), ...[head, ...rows].flatMap((row) => wrappedRow(row, widths))];
}

/** The page of the operator who completes a rollback. Commands are not wrapped: they are copied. */
export function interventionLines({ now, tried, commands }: Intervention, width: number): string[] {
  const bullets = (lines: readonly string[]) =>
    lines.flatMap((line) => wrapText(`- ${singleLine(line)}`, width, columnGap));
  return [
    'What is true now',
    ...bullets(now),
    '',
    'What was tried and is not done',
    ...bullets(tried),
    '',
    'What to type',
    ...commands.flatMap(({ purpose, command }) => [`- ${purpose}:`, `    ${singleLine(command)}`]),
  ];
}
