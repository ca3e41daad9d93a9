import type { GateReport } from '../../core/gate.ts';

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
 * The first JSON value that begins a line. npm prints the name of its script before it, and a tool may print warnings
 * (`[vite] …`); what comes after the value is left out.
 */
export function jsonIn(text: string): unknown {
  const lines = text.split('\n');
  for (const [first, line] of lines.entries()) {
    if (!/^\s*[[{]/.test(line)) continue;
    for (const end of [lines.length, first + 1]) {
      try {
        return JSON.parse(lines.slice(first, end).join('\n'));
      } catch {
        continue;
      }
    }
  }
  return undefined;
}
