import { checklistSections, type ChecklistStatus } from '../core/checklist.ts';
import { checklistOfRun, coversSop } from '../core/run-checklist.ts';
import type { RunResult } from '../core/run-result.ts';
import { formatMs } from '../core/slo.ts';
import type { Judgement, JudgementStatus, VerdictWord } from '../core/verdict.ts';
import { intervalOf } from './interval.ts';
import { breakable, bySeverity, exitMeanings, meaningOf, placeOf, releaseLine, samplesOf } from './labels.ts';
import { interventionLines, receiptLines } from './receipt.ts';
import { columnGap, columnWidths, singleLine, wrappedRow, wrapText } from './wrapped-table.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** The path of the report, as it can be opened. */
  readonly report?: string;
}

type Ink = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
type Paint = (ink: Ink, text: string) => string;

const codes: Record<Ink, number> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };
const statusLabels: Record<JudgementStatus, { readonly label: string; readonly ink: Ink }> = {
  pass: { label: '✔ pass', ink: 'green' },
  fail: { label: '✘ FAIL', ink: 'red' },
  inconclusive: { label: '? inconclusive', ink: 'yellow' },
  error: { label: '! error', ink: 'yellow' },
  accepted: { label: '≈ accepted', ink: 'yellow' },
};
const verdictInk: Record<VerdictWord, Ink> = { GO: 'green', 'NO-GO': 'red', HOLD: 'yellow' };

/** The summary at the end of a run: the verdict, the checks, what was not checked, and the path of the report. */
export function terminalSummary(result: RunResult, options: TerminalOptions): string {
  const paint: Paint = options.color ? (ink, text) => `\u001B[${codes[ink]}m${text}\u001B[0m` : (_, text) => text;
  // A table is unreadable below 60 columns; the terminal may then wrap the lines itself.
  const width = Math.max(60, options.width);
  const blocks = [
    headline(result, width, paint),
    ...rollbackBlocks(result, width, paint),
    checks(result, width, paint),
    checklist(result, width, paint),
    ...(coversSop(result) ? [] : [notChecked(result, width, paint)]),
    deviations(result, width, paint),
    [`report  ${options.report ?? singleLine(`reports/${result.runId}/report.html`)}`],
  ];
  const text = blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  return breakable(text);
}

function headline(result: RunResult, width: number, paint: Paint): string[] {
  const { word, because } = result.verdict;
  const facts = [placeOf(result), releaseLine(result), formatMs(result.durationMs)];
  const exit = `exit code ${result.exitCode} (${exitMeanings[result.exitCode]})`;
  return [
    `${paint('bold', paint(verdictInk[word], word))}  ${meaningOf(result)}${result.interrupted ? ' Interrupted.' : ''}`,
    ...wrapText(because, width),
    ...wrapText([...facts, exit].join(' · '), width).map((line) => paint('dim', line)),
  ];
}

/** The page of the operator who has to complete a rollback comes before everything else. */
function rollbackBlocks({ rollout }: RunResult, width: number, paint: Paint): string[][] {
  const { receipt, intervention } = rollout ?? {};
  return [
    ...(intervention
      ? [[paint('red', paint('bold', 'Intervention required')), ...interventionLines(intervention, width)]]
      : []),
    ...(receipt ? [[paint('bold', 'Rollback receipt'), ...receiptLines(receipt, width)]] : []),
  ];
}

/** Status and clause. */
const fixedColumns: ReadonlySet<number> = new Set([0, 2]);

function checks(result: RunResult, width: number, paint: Paint): string[] {
  if (result.judgements.length === 0) return ['Nothing was judged.'];
  // The checklist of a whole release has what passed, clause by clause.
  const ordered = bySeverity(result.judgements).filter(({ status }) => !coversSop(result) || status !== 'pass');
  if (ordered.length === 0) return [];
  const head = ['status', 'check', 'clause', 'actual', 'expected'];
  const rows = ordered.map((judgement) => cellsOf(judgement, result));
  const widths = columnWidths([head, ...rows], fixedColumns, width);
  return [
    ...wrappedRow(head, widths).map((line) => paint('dim', line)),
    ...ordered.flatMap((judgement, index) => {
      const [first = '', ...rest] = wrappedRow(rows[index] ?? [], widths);
      const label = first.slice(0, widths[0]);
      return [
        paint(statusLabels[judgement.status].ink, label) + first.slice(label.length),
        ...rest,
        ...reasonLines(judgement, widths[0] ?? 0, width, paint),
      ];
    }),
  ];
}

const checklistLabels: Record<ChecklistStatus, { readonly label: string; readonly ink: Ink }> = {
  ...statusLabels,
  'not-applicable': { label: '- not applicable', ink: 'dim' },
  'not-judged': { label: '· not judged', ink: 'yellow' },
};

/** The Go/No-Go checklist of a whole release: one row a clause, in the SOP's order and words. */
function checklist(result: RunResult, width: number, paint: Paint): string[] {
  if (!coversSop(result)) return [];
  const rows = checklistOfRun(result);
  const cells = rows.map(({ status, clause, title, because }) => [
    checklistLabels[status].label,
    clause,
    singleLine(title),
    singleLine(because),
  ]);
  const widths = columnWidths(cells, new Set([0, 1]), width);
  const lines = new Map(rows.map((row, index) => [row.clause, wrappedRow(cells[index] ?? [], widths)]));
  return checklistSections(rows).flatMap(({ title, rows: own }, index) => [
    paint('bold', index === 0 ? `Go/No-Go checklist · ${title}` : title),
    ...own.flatMap(({ clause, status }) => {
      const [first = '', ...rest] = lines.get(clause) ?? [];
      const label = first.slice(0, widths[0]);
      return [paint(checklistLabels[status].ink, label) + first.slice(label.length), ...rest];
    }),
  ]);
}

function cellsOf(judgement: Judgement, { slos }: RunResult): string[] {
  const interval = intervalOf(judgement, slos);
  const samples = samplesOf(judgement);
  return [
    statusLabels[judgement.status].label,
    singleLine(judgement.title),
    judgement.clauses.join(', '),
    singleLine(
      `${judgement.actual}${samples ? `, ${samples}` : ''}${interval?.brief === undefined ? '' : `; ${interval.brief}`}`,
    ),
    singleLine(judgement.expected),
  ];
}

/** Why a check did not pass, and the request ids by which to search the logs. */
function reasonLines(judgement: Judgement, indent: number, width: number, paint: Paint): string[] {
  if (judgement.status === 'pass') return [];
  const ids = judgement.requestIds.length > 0 ? ` Request ids: ${judgement.requestIds.slice(0, 3).join(', ')}` : '';
  const inset = ' '.repeat(indent + columnGap.length);
  return wrapText(`${judgement.because}${ids}`, width - inset.length).map((line) => inset + paint('dim', line));
}

function notChecked(result: RunResult, width: number, paint: Paint): string[] {
  if (result.notChecked.length === 0) return [];
  const lines = result.notChecked.flatMap(({ title, clauses, reason, because, required }) => {
    const suffix = required && reason === 'skipped' ? ' (required)' : '';
    return wrapText(
      `- ${title}${clauses.length === 0 ? '' : ` [${clauses.join(', ')}]`}, ${reason}${suffix}: ${because}`,
      width,
      '  ',
    );
  });
  return [paint('bold', 'Not checked'), ...lines];
}

function deviations(result: RunResult, width: number, paint: Paint): string[] {
  if (result.deviations.length === 0) return [];
  const lines = result.deviations.flatMap((deviation) => wrapText(`- ${deviation}`, width, '  '));
  return [paint('bold', 'Deviations from the SOP'), ...lines];
}
