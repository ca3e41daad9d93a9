import { judgeRun } from '../../../src/core/judge/run.ts';
import { seenReleases } from '../../../src/core/judge/release.ts';
import type { StepId } from '../../../src/core/plan.ts';
import { type RunEvidence, type RunResult, schemaVersion } from '../../../src/core/run-result.ts';
import { exitCodeOf, reachVerdict } from '../../../src/core/verdict.ts';
import { newman, playwright, probe } from './journey.ts';
import { healthySecond, load, metricsOf, shutdown } from './load.ts';
import { slos } from './slos.ts';
import { at } from './tools.ts';

/** Runs judged by the real judges, so that a report is only tested with a possible run. */
export interface SampleRun {
  readonly result: RunResult;
  readonly evidence: RunEvidence;
}

const allSteps: readonly StepId[] = ['health', 'readiness', 'smoke', 'load', 'metrics', 'aftermath', 'shutdown'];

export const healthyEvidence = (): RunEvidence => {
  const loaded = load(healthySecond);
  return {
    schemaVersion,
    runId: '20260303-021407-verify-green-7c1e',
    plan: {
      steps: allSteps,
      slos,
      expectedRelease: 'freetask@1.4.0',
      offers: { web: true, metrics: true, shutdown: true },
      smokeBudgetMs: 300_000,
      leftOut: {},
    },
    health: probe({ path: '/healthz', startMs: 100, count: 3 }),
    readiness: probe({ path: '/readyz', startMs: 400, count: 21, wantedStableMs: 5000 }),
    dependencies: probe({ path: '/jobs', startMs: 5450, count: 1 }),
    smoke: [newman(), playwright()],
    load: loaded,
    metrics: metricsOf(loaded),
    aftermath: probe({ path: '/readyz', startMs: 42_000, count: 2 }),
    shutdown,
  };
};

const stepRecords: RunResult['steps'] = [
  ['start', 'Starting the sandbox', -4200, 4150],
  ['health', 'Health', 100, 260],
  ['readiness', 'Readiness', 400, 5050],
  ['smoke', 'Smoke', 5600, 4420],
  ['load', 'Load', 10_400, 31_200],
  ['metrics', 'Metrics of the target', 41_700, 130],
  ['aftermath', 'After the load', 42_000, 300],
  ['shutdown', 'Graceful shutdown', 42_400, 2900],
].map(([id, title, start, durationMs]) => ({
  id: String(id),
  title: String(title),
  startedAt: at(Number(start)),
  durationMs: Number(durationMs),
  summary: `${String(title)} ended`,
}));

/** The result of the judges on this evidence. */
export function conclude(evidence: RunEvidence, facts: Partial<RunResult> = {}): SampleRun {
  const { judgements, notChecked } = judgeRun(evidence);
  const interrupted = facts.interrupted ?? false;
  const verdict = reachVerdict(judgements, notChecked, interrupted);
  const result: RunResult = {
    schemaVersion,
    runId: evidence.runId,
    verb: 'verify',
    startedAt: at(-4300),
    finishedAt: at(45_400),
    durationMs: 49_700,
    target: { name: 'sandbox', kind: 'embedded', environment: 'green' },
    addresses: {
      api: 'http://127.0.0.1:4002',
      web: 'http://127.0.0.1:4002',
      metrics: evidence.metrics?.instances.map(({ url }) => url) ?? [],
    },
    ...(evidence.plan.expectedRelease === undefined ? {} : { expectedRelease: evidence.plan.expectedRelease }),
    seenReleases: [...seenReleases(evidence).keys()],
    verdict,
    exitCode: exitCodeOf(verdict.word, interrupted),
    interrupted,
    judgements,
    notChecked,
    slos: evidence.plan.slos,
    steps: stepRecords,
    deviations: ['Readiness window 5 s instead of 60 s (2.B3b), set by the target file.'],
    tools: [
      { name: 'newman', version: '6.2.2' },
      { name: 'playwright', version: '1.65.1' },
      { name: 'k6', version: '2.2.0' },
      { name: 'chromium', version: '156.0.8078.79' },
      { name: 'node', version: '20.20.2' },
    ],
    ...facts,
  };
  return { result, evidence };
}
