import type { CoveredClause, TestReference } from '../core/sop-coverage.ts';
import { wrapText } from './wrapped-table.ts';

interface Table {
  readonly rows: readonly CoveredClause[];
  readonly gaps: readonly string[];
  readonly results?: string;
}

/** `npm run sop`: one block a clause, its checks and its tests; then what is missing. */
export function renderSop({ rows, gaps, results }: Table, { color, width }: { color: boolean; width: number }): string {
  const bold = (text: string) => (color ? `\u001B[1m${text}\u001B[0m` : text);
  const dim = (text: string) => (color ? `\u001B[2m${text}\u001B[0m` : text);
  const blocks = rows.map(({ clause, title, checks, green, red }) =>
    [
      bold(`${clause}  ${title}`),
      ...wrapText(checks.join(', ') || 'none', width - labelWidth).map((line, index) => label(index, 'checks') + line),
      ...testLines('green', green),
      ...testLines('red', red),
    ].join('\n'),
  );
  const tests = rows.reduce((sum, { green, red }) => sum + green.length + red.length, 0);
  const summary = [count(rows.length, 'clause'), count(tests, 'test'), count(gaps.length, 'gap')].join(', ');
  const outcome = results === undefined ? '' : dim(`  results of ${results}`);
  return [...blocks, [`${summary}${outcome}`, ...gaps.map((gap) => `- ${gap}`)].join('\n')].join('\n\n');
}

const count = (number: number, what: string): string => `${number} ${what}${number === 1 ? '' : 's'}`;

const labelWidth = 10;
/** The word in front of the first line of several. */
const label = (index: number, word: string): string => (index === 0 ? `  ${word}` : '').padEnd(labelWidth);

function testLines(colour: 'green' | 'red', tests: readonly TestReference[]): string[] {
  if (tests.length === 0) return [`${label(0, colour)}none`];
  return tests.map(({ file, title }, index) => `${label(index, colour)}${file} > ${title}`);
}
