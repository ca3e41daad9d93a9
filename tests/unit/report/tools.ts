import type { ToolOutcome } from '../../../src/core/evidence.ts';

const begin = Date.parse('2026-03-03T02:14:07.120Z');
export const at = (ms: number): string => new Date(begin + ms).toISOString();
export const requestId = (n: number): string => `6f1c2b1e-0c5d-4e0a-9a57-${n.toString(16).padStart(12, '0')}`;

export const outcome = (tool: string, version: string, startMs: number, durationMs: number): ToolOutcome => ({
  tool,
  version,
  command: [tool, 'run', '--quiet'],
  exitCode: 0,
  signal: null,
  timedOut: false,
  interrupted: false,
  startedAt: at(startMs),
  durationMs,
  stdout: '',
  stderr: '',
});
