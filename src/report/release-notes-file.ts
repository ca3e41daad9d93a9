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
  const newline = /\r?\n/.exec(text)?.[0] ?? '\n';
  const lines = text.split(/\r?\n/);
  const rendered = [begin(release), ...section.split('\n'), end].join(newline);
  const outside = outsideOfCode(lines);
  const starts = indexesOf(lines, outside, begin(release));
  if (starts.length > 1) return { problem: `it has ${starts.length} sections of ${release}: remove all but one` };
  const [start] = starts;
  const offsets = offsetsOf(text);
  if (start !== undefined) {
    const last = lines.findIndex((line, index) => index > start && outside[index] && line.trim() === end);
    const next = lines.findIndex((line, index) => index > start && outside[index] && isBegin(line));
    if (last === -1 || (next !== -1 && next < last))
      return {
        problem: `the section of ${release} in line ${start + 1} has no line "${end}": add it, or remove the section`,
      };
    const from = offsets[start] ?? 0;
    const to = (offsets[last] ?? 0) + (lines[last] ?? '').length;
    const changed = text.slice(0, from) + rendered + text.slice(to);
    return { text: changed, change: changed === text ? 'unchanged' : 'replaced' };
  }
  const before = lines.findIndex((line, index) => outside[index] && (isBegin(line) || line.startsWith('## ')));
  return {
    text: insertBefore(text, before === -1 ? text.length : (offsets[before] ?? 0), rendered, newline),
    change: 'inserted',
  };
}

/** The section of a release as it stands in a file; undefined where there is none. */
export function sectionIn(text: string, release: string): string | undefined {
  const lines = text.split(/\r?\n/);
  const outside = outsideOfCode(lines);
  const [start] = indexesOf(lines, outside, begin(release));
  if (start === undefined) return undefined;
  const last = lines.findIndex((line, index) => index > start && outside[index] && line.trim() === end);
  return last === -1 ? undefined : lines.slice(start + 1, last).join('\n');
}

const isBegin = (line: string): boolean => /^\uFEFF?<!-- release: \S+ -->\s*$/.test(line);

const indexesOf = (lines: readonly string[], outside: readonly boolean[], wanted: string): number[] =>
  lines.flatMap((line, index) => (outside[index] && line.replace('\uFEFF', '').trim() === wanted ? [index] : []));

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

/** Whether each line is outside of a fenced block of code, where a heading is an example. */
function outsideOfCode(lines: readonly string[]): boolean[] {
  let fence: string | undefined;
  return lines.map((line) => {
    const [, marks] = /^ {0,3}(`{3,}|~{3,})/.exec(line) ?? [];
    if (fence === undefined) {
      fence = marks;
      return marks === undefined;
    }
    if (marks?.startsWith(fence) && line.trim() === marks) fence = undefined;
    return false;
  });
}
