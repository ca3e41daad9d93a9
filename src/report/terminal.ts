import type { RunResult } from '../core/run-result.ts';
import { formatMs } from '../core/slo.ts';
import type { Judgement, JudgementStatus, VerdictWord } from '../core/verdict.ts';
import { intervalOf } from './interval.ts';
import { broken, bySeverity, exitMeanings, placeOf, releaseLine, samplesOf, unbroken, meaningOf } from './words.ts';

export interface TerminalOptions {
  readonly color: boolean;
  /** Columns of the terminal. */
  readonly width: number;
  /** Where the report is, as a person would open it. */
  readonly report?: string;
}

type Ink = 'red' | 'green' | 'yellow' | 'dim' | 'bold';
type Paint = (ink: Ink, text: string) => string;

const codes: Record<Ink, number> = { red: 31, green: 32, yellow: 33, dim: 2, bold: 1 };
const marks: Record<JudgementStatus, { readonly mark: string; readonly ink: Ink }> = {
  pass: { mark: '✔ pass', ink: 'green' },
  fail: { mark: '✖ FAIL', ink: 'red' },
  inconclusive: { mark: '? unsure', ink: 'yellow' },
  error: { mark: '! error', ink: 'yellow' },
};
const verdictInk: Record<VerdictWord, Ink> = { GO: 'green', 'NO-GO': 'red', HOLD: 'yellow' };

/** The last words of a run: the verdict, what it stands on, what was not checked, and where to read more. */
export function terminalSummary(result: RunResult, options: TerminalOptions): string {
  const paint: Paint = options.color ? (ink, text) => `\u001B[${codes[ink]}m${text}\u001B[0m` : (_, text) => text;
  // Narrower than this no table can be read; the terminal may then wrap the lines itself.
  const width = Math.max(60, options.width);
  const blocks = [
    headline(result, width, paint),
    judgementTable(result, width, paint),
    notChecked(result, width, paint),
    result.deviations.flatMap((deviation) => wrap(`note: ${deviation}`, width)).map((line) => paint('dim', line)),
    [`report  ${options.report ?? oneLine(`reports/${result.runId}/report.html`)}`],
  ];
  const text = blocks
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n');
  return broken(text);
}

function headline(result: RunResult, width: number, paint: Paint): string[] {
  const { word, because } = result.verdict;
  const facts = [placeOf(result), releaseLine(result), formatMs(result.durationMs)];
  const exit = `exit code ${result.exitCode} (${exitMeanings[result.exitCode]})`;
  return [
    `${paint('bold', paint(verdictInk[word], word))}  ${meaningOf(result)}${result.interrupted ? ' Interrupted.' : ''}`,
    ...wrap(because, width),
    ...wrap([...facts, exit].join(' · '), width).map((line) => paint('dim', line)),
  ];
}

const gap = '  ';

function judgementTable(result: RunResult, width: number, paint: Paint): string[] {
  if (result.judgements.length === 0) return ['Nothing was judged.'];
  const ordered = bySeverity(result.judgements);
  const head = ['status', 'check', 'clause', 'actual', 'expected'];
  const rows = ordered.map((judgement) => cellsOf(judgement, result));
  const widths = columnWidths([head, ...rows], width);
  return [
    ...layOut(head, widths).map((line) => paint('dim', line)),
    ...ordered.flatMap((judgement, index) => {
      const { ink } = marks[judgement.status];
      const [first = '', ...rest] = layOut(rows[index] ?? [], widths);
      const mark = first.slice(0, widths[0]);
      return [
        paint(ink, mark) + first.slice(mark.length),
        ...rest,
        ...reasons(judgement, widths[0] ?? 0, width, paint),
      ];
    }),
  ];
}

function cellsOf(judgement: Judgement, { slos }: RunResult): string[] {
  const interval = intervalOf(judgement, slos);
  const n = samplesOf(judgement);
  return [
    marks[judgement.status].mark,
    oneLine(judgement.title),
    judgement.clauses.join(', '),
    oneLine(`${judgement.actual}${n ? `, ${n}` : ''}${interval ? `; ${interval.brief}` : ''}`),
    oneLine(judgement.expected),
  ];
}

/** Why it is not a pass, and with which requests to go on searching. */
function reasons(judgement: Judgement, indent: number, width: number, paint: Paint): string[] {
  if (judgement.status === 'pass') return [];
  const ids = judgement.requestIds.length > 0 ? ` Request ids: ${judgement.requestIds.slice(0, 3).join(', ')}` : '';
  const inset = ' '.repeat(indent + gap.length);
  return wrap(`${judgement.because}${ids}`, width - inset.length).map((line) => inset + paint('dim', line));
}

function notChecked(result: RunResult, width: number, paint: Paint): string[] {
  if (result.notChecked.length === 0) return [];
  const lines = result.notChecked.flatMap((check) => {
    const must = check.required && check.reason === 'skipped' ? ' (required)' : '';
    return wrap(
      `- ${check.title} [${check.clauses.join(', ')}], ${check.reason}${must}: ${check.because}`,
      width,
      '  ',
    );
  });
  return [paint('bold', 'Not checked'), ...lines];
}

/** Status and clause keep their width; the other columns share what is left in proportion to what they would like. */
function columnWidths(rows: readonly (readonly string[])[], width: number): number[] {
  const natural = [0, 1, 2, 3, 4].map((column) => Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))));
  const fixed = new Set([0, 2]);
  const left = width - gap.length * 4 - sum(natural.filter((_, column) => fixed.has(column)));
  // A long text asks for more than it needs to be read, so a wish is not granted beyond 60 columns.
  const wishes = natural.map((wish, column) => (fixed.has(column) ? 0 : Math.min(wish, 60)));
  const scale = Math.min(1, left / sum(wishes));
  return natural.map((wish, column) =>
    fixed.has(column) ? wish : Math.max(8, Math.floor((wishes[column] ?? 0) * scale)),
  );
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);

function layOut(cells: readonly string[], widths: readonly number[]): string[] {
  const wrapped = cells.map((cell, column) => wrap(cell, widths[column] ?? 8));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, column) => pad(lines[line] ?? '', widths[column] ?? 0))
      .join(gap)
      .trimEnd(),
  );
}

const oneLine = (text: string): string => unbroken(text.replace(/[ \n\t]+/g, ' ').trim());
const lengthOf = (text: string): number => Array.from(text).length;
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - lengthOf(text)));

/** Lines of at most `width` characters, broken at spaces, inside a word only where it is longer than a line. */
function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of oneLine(text)
    .split(' ')
    .flatMap((each) => pieces(each, width - indent.length))) {
    if (line !== '' && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

function pieces(word: string, width: number): string[] {
  const characters = Array.from(word);
  return Array.from({ length: Math.max(1, Math.ceil(characters.length / width)) }, (_, index) =>
    characters.slice(index * width, (index + 1) * width).join(''),
  );
}
