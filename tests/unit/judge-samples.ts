import type { LoadEvidence, ToolOutcome } from '../../src/core/evidence.ts';
import type { Slo } from '../../src/core/slo.ts';

export const outcome: ToolOutcome = {
  tool: 'newman',
  version: '6',
  command: ['newman'],
  exitCode: 0,
  signal: null,
  timedOut: false,
  interrupted: false,
  startedAt: '2026-01-01T00:00:00.000Z',
  durationMs: 1000,
  stdout: '',
  stderr: '',
};

export const slo: Slo = {
  id: 'server-errors',
  title: '5xx rate',
  clause: '3.2d',
  event: { kind: 'server-error' },
  limit: 0.005,
  limitIncluded: false,
  minSamples: 800,
};

export const load = (more: Partial<LoadEvidence> = {}): LoadEvidence => ({
  kind: 'load',
  outcome: { ...outcome, tool: 'k6' },
  profile: 'stage',
  requests: 1000,
  iterations: 400,
  droppedIterations: 0,
  exceptions: 0,
  unanswered: 0,
  wrongRelease: { events: 0, trials: 0 },
  slo: { 'server-errors': { events: 0, trials: 1000 } },
  percentiles: {},
  thresholds: [],
  checks: [{ name: 'status', passes: 1000, fails: 0 }],
  series: [],
  files: [],
  problems: [],
  ...more,
});
