import type { Command } from './command.ts';
import type { EvidenceBase, ToolOutcome } from './evidence.ts';
import type { ClauseId } from './sop.ts';

/** The gates of clause 1.1, in the SOP's order. */
export const gates = {
  analyze: { title: 'Static analysis of the app', clause: '1.1a', unit: 'file' },
  test: { title: 'Tests of the app', clause: '1.1b', unit: 'test' },
  'api-lint': { title: 'Lint of the API', clause: '1.1c', unit: 'file' },
  'api-test': { title: 'Tests of the API', clause: '1.1d', unit: 'test' },
} as const satisfies Readonly<
  Record<string, { readonly title: string; readonly clause: ClauseId; readonly unit: 'file' | 'test' }>
>;
export type GateId = keyof typeof gates;
export const gateIds = Object.keys(gates) as GateId[];

/** The format in which a tool reports what it did. */
export const gateFormats = ['flutter-analyze', 'flutter-test', 'eslint-json', 'jest-json', 'tap', 'exit-code'] as const;
export type GateFormat = (typeof gateFormats)[number];

export interface GateSettings {
  readonly command: Command;
  /** Absolute. */
  readonly folder: string;
  /** Absolute folders that come before PATH. */
  readonly path: readonly string[];
  readonly format: GateFormat;
  readonly timeoutMs: number;
}

/** What a tool reports that it did. Numbers are whole and not negative. */
export interface GateReport {
  /** Tests that ran, or files that were read; absent where the format does not report it. */
  readonly ran?: number;
  readonly failed: number;
  /** Tests that were left out; 0 for files. */
  readonly skipped: number;
  /** Infos of an analyser whose command does not fail by them; absent where there are none. */
  readonly tolerated?: number;
  /** The first failure in the tool's words: `lib/main.dart:7:7 unused import`. */
  readonly firstFailure?: string;
}

export interface GateEvidence extends EvidenceBase {
  readonly gate: GateId;
  readonly format: GateFormat;
  readonly outcome: ToolOutcome;
  /** Absent where the output is not of the format, or is incomplete; `problems` has the reason. */
  readonly report?: GateReport;
}
