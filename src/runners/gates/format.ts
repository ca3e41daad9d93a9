import type { GateReport } from '../../core/gate.ts';
import { parseJson } from '../../core/parsed-json.ts';

/** What a tool printed. */
export interface GateOutput {
  readonly stdout: string;
  readonly stderr: string;
  readonly exitCode: number | null;
  /** Files below the folder with one of the endings that the format names; 0 where it names none. */
  readonly files: number;
}

export interface Format {
  /** Endings of the files that the tool reads but does not count. */
  readonly endings: readonly string[];
  /** The tool's report, or why its output is none. */
  readonly read: (output: GateOutput) => GateReport | { readonly problem: string };
}

/**
 * The JSON values that begin a line and end one. npm prints the name of its script before them, a tool its warnings (`[vite] …`),
 * an application its log, of which lines may be JSON as well; several packages print several reports.
 */
export function jsonValuesIn(text: string): unknown[] {
  const lines = text.split('\n');
  const values: unknown[] = [];
  for (let first = 0; first < lines.length; first += 1) {
    const line = lines[first] ?? '';
    if (!/^\s*[[{]/.test(line)) continue;
    const last = /^\s*(?:[[{]|\[\{)\s*$/.test(line) ? lastLine(lines, first) : first;
    const value = parseJson(lines.slice(first, last + 1).join('\n'));
    if (value === undefined) continue;
    values.push(value);
    first = last;
  }
  return values;
}

/** Where an indented value that begins with its bracket alone ends: the next bracket at the same depth. */
function lastLine(lines: readonly string[], first: number): number {
  const indent = /^\s*/.exec(lines[first] ?? '')?.[0] ?? '';
  const last = lines.findIndex(
    (line, at) => at > first && line.startsWith(indent) && /^[}\]]/.test(line.slice(indent.length)),
  );
  return last < 0 ? first : last;
}
