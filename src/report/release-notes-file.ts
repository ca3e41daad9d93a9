/** A file of notes after a section was put into it, or why it cannot be. */
export type FileChange =
  | { readonly text: string; readonly change: 'inserted' | 'replaced' | 'unchanged' }
  | { readonly problem: string };

const begin = (release: string): string => `<!-- release: ${release} -->`;
const end = '<!-- end of release -->';

/** What a file of notes begins as. */
export const emptyNotesFile = '# Release notes\n';

/**
 * Puts the section of a release into a file: in the place of an earlier one of the same release, or else before the newest one.
 * Sections are found by comments around them; everything else stays as it is, byte order mark and line ends included.
 */
export function putSection(text: string, release: string, section: string): FileChange {
  const mark = text.startsWith('\uFEFF') ? '\uFEFF' : '';
  const change = putInto(text.slice(mark.length), release, section);
  return 'problem' in change ? change : { ...change, text: mark + change.text };
}

function putInto(text: string, release: string, section: string): FileChange {
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  const { lines, outside, open } = parseLines(text);
  if (open !== undefined) return { problem: `the block of code that begins in line ${open} has no end` };
  const rendered = [begin(release), ...section.split('\n'), end].join(newline);
  const starts = indexesOf(lines, outside, begin(release));
  if (starts.length > 1) return { problem: `it has ${starts.length} sections of ${release}: remove all but one` };
  const [start] = starts;
  const offsets = offsetsOf(text);
  if (start === undefined) {
    const before = lines.findIndex((line, index) => outside[index] && (isBegin(line) || line.startsWith('## ')));
    const at = before === -1 ? text.length : (offsets[before] ?? 0);
    return { text: insertBefore(text, at, rendered, newline), change: 'inserted' };
  }
  const last = endOf(lines, outside, start);
  if (last === undefined)
    return {
      problem: `the section of ${release} in line ${start + 1} has no line "${end}": add it, or remove the section`,
    };
  const to = (offsets[last] ?? 0) + (lines[last] ?? '').length;
  const changed = text.slice(0, offsets[start] ?? 0) + rendered + text.slice(to);
  return { text: changed, change: changed === text ? 'unchanged' : 'replaced' };
}

/** The section of a release in a file; undefined where there is none. */
export function sectionIn(text: string, release: string): string | undefined {
  const { lines, outside } = parseLines(text.replace(/^\uFEFF/, ''));
  const [start] = indexesOf(lines, outside, begin(release));
  const last = start === undefined ? undefined : endOf(lines, outside, start);
  return start === undefined || last === undefined ? undefined : lines.slice(start + 1, last).join('\n');
}

/** Line of the end of a section; undefined where the next section begins before it. */
function endOf(lines: readonly string[], outside: readonly boolean[], start: number): number | undefined {
  const next = lines.findIndex(
    (line, index) => index > start && outside[index] && (line.trim() === end || isBegin(line)),
  );
  return lines[next]?.trim() === end ? next : undefined;
}

const isBegin = (line: string): boolean => /^<!-- release: \S+ -->\s*$/.test(line);

const indexesOf = (lines: readonly string[], outside: readonly boolean[], wanted: string): number[] =>
  lines.flatMap((line, index) => (outside[index] && line.trim() === wanted ? [index] : []));

/** One empty line on both sides, without touching those that are there. */
function insertBefore(text: string, at: number, rendered: string, newline: string): string {
  const before = text.slice(0, at);
  const after = text.slice(at);
  const isEmpty = before === '' || before === '\uFEFF';
  const gap = isEmpty
    ? ''
    : before.endsWith(newline + newline)
      ? ''
      : before.endsWith(newline)
        ? newline
        : newline + newline;
  return `${before}${gap}${rendered}${newline}${after === '' ? '' : newline}${after}`;
}

/** Where each line begins. */
function offsetsOf(text: string): number[] {
  const offsets = [0];
  for (const match of text.matchAll(/\n/g)) offsets.push(match.index + 1);
  return offsets;
}

interface Lines {
  readonly lines: readonly string[];
  /** Whether each line is outside of a fenced block of code, where a heading is an example. */
  readonly outside: readonly boolean[];
  /** Number of the line that opens a block without an end. */
  readonly open?: number;
}

function parseLines(text: string): Lines {
  const lines = text.split(/\r?\n/);
  let fence: { readonly marks: string; readonly line: number } | undefined;
  const outside = lines.map((line, index) => {
    const [, marks] = /^ {0,3}(`{3,}(?!.*`)|~{3,})/.exec(line) ?? [];
    if (fence === undefined) {
      fence = marks === undefined ? undefined : { marks, line: index + 1 };
      return marks === undefined;
    }
    if (marks?.startsWith(fence.marks) && line.trim() === marks) fence = undefined;
    return false;
  });
  return { lines, outside, ...(fence === undefined ? {} : { open: fence.line }) };
}
