import { unbreakable } from './labels.ts';

export const columnGap = '  ';

/** Columns in `fixed` keep their width; the others share what is left in proportion to their widest cell. */
export function columnWidths(
  rows: readonly (readonly string[])[],
  fixed: ReadonlySet<number>,
  width: number,
): number[] {
  const columns = Array.from({ length: Math.max(...rows.map((row) => row.length)) }, (_, column) => column);
  const natural = columns.map((column) => Math.max(...rows.map((row) => lengthOf(row[column] ?? ''))));
  const fixedWidth = sum(natural.filter((_, column) => fixed.has(column)));
  const left = width - columnGap.length * (columns.length - 1) - fixedWidth;
  // One long text must not take the room of the other columns.
  const wanted = natural.map((each, column) => (fixed.has(column) ? 0 : Math.min(each, 60)));
  const scale = Math.min(1, left / sum(wanted));
  return natural.map((each, column) =>
    fixed.has(column) ? each : Math.max(8, Math.floor((wanted[column] ?? 0) * scale)),
  );
}

/** One row as lines, each cell wrapped in its column. */
export function wrappedRow(cells: readonly string[], widths: readonly number[]): string[] {
  const wrapped = cells.map((cell, column) => wrapText(cell, widths[column] ?? 8));
  const height = Math.max(...wrapped.map((lines) => lines.length));
  return Array.from({ length: height }, (_, line) =>
    wrapped
      .map((lines, column) => pad(lines[line] ?? '', widths[column] ?? 0))
      .join(columnGap)
      .trimEnd(),
  );
}

/** Lines of at most `width` characters, broken at spaces, inside a word only where it is longer than a line. */
export function wrapText(text: string, width: number, indent = ''): string[] {
  const words = singleLine(text)
    .split(' ')
    .flatMap((word) => slices(word, width - indent.length));
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line !== '' && lengthOf(line) + 1 + lengthOf(word) > width) {
      lines.push(line);
      line = indent + word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}

export const singleLine = (text: string): string => unbreakable(text.replace(/[ \n\t]+/g, ' ').trim());

const sum = (numbers: readonly number[]): number => numbers.reduce((total, each) => total + each, 0);
const lengthOf = (text: string): number => Array.from(text).length;
const pad = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - lengthOf(text)));

function slices(word: string, width: number): string[] {
  const characters = Array.from(word);
  return Array.from({ length: Math.max(1, Math.ceil(characters.length / width)) }, (_, index) =>
    characters.slice(index * width, (index + 1) * width).join(''),
  );
}
