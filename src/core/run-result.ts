import type { LoadEvidence, MetricsEvidence, ProbeEvidence, ShutdownEvidence, SmokeEvidence } from './evidence.ts';
import type { CheckPlan } from './plan.ts';
import type { Phase } from './rollout/advance.ts';
import type { Strategy } from './rollout/plan.ts';
import type { RolloutRecord } from './rollout/record.ts';
import type { Shares } from './rollout/step.ts';
import type { Served } from './rollout/observation.ts';
import type { Slo } from './slo.ts';
import type { EnvironmentName, TargetKind } from './target.ts';
import type { ExitCode, Judgement, NotChecked, Verdict } from './verdict.ts';

/** Raised whenever a reader of verdict.json or evidence.json would have to change; docs/verdict.schema.json follows it. */
export const schemaVersion = 2;

export type Verb = 'verify' | 'smoke' | 'load' | 'deploy';

/** Where a rollout left the world. */
export interface RolloutOutcome {
  readonly strategy: Strategy;
  readonly release: string;
  readonly previousRelease?: string;
  readonly phase: Phase;
  readonly shares?: Shares;
  /** Requests of users that the new release answered, and how many of them failed; absent where nobody counted. */
  readonly users?: Served;
}

/** One step of the run as it happened. */
export interface StepRecord {
  readonly id: string;
  readonly title: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly summary: string;
}

/** `reports/<run-id>/verdict.json`: what was decided, and why. */
export interface RunResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly runId: string;
  readonly verb: Verb;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  readonly target: { readonly name: string; readonly kind: TargetKind; readonly environment: EnvironmentName };
  readonly addresses: { readonly api: string; readonly web?: string; readonly metrics: readonly string[] };
  /** What X-App-Release had to say; absent where nobody said. */
  readonly expectedRelease?: string;
  /** Every release that answered, most often first. */
  readonly seenReleases: readonly string[];
  readonly verdict: Verdict;
  readonly exitCode: ExitCode;
  readonly interrupted: boolean;
  readonly judgements: readonly Judgement[];
  readonly notChecked: readonly NotChecked[];
  readonly slos: readonly Slo[];
  readonly steps: readonly StepRecord[];
  /** Settings that differ from the SOP's values, in words. */
  readonly deviations: readonly string[];
  readonly tools: readonly { readonly name: string; readonly version: string }[];
  readonly rollout?: RolloutOutcome;
  /** Set when the run was judged again under other objectives. */
  readonly rejudged?: { readonly at: string; readonly sloFile: string };
}

/** `reports/<run-id>/evidence.json`: all that was seen; judging it again needs nothing else. */
export interface RunEvidence {
  readonly schemaVersion: typeof schemaVersion;
  readonly runId: string;
  readonly plan: CheckPlan;
  readonly health?: ProbeEvidence;
  readonly readiness?: ProbeEvidence;
  /** One question that needs the database, asked while readiness said ready. */
  readonly dependencies?: ProbeEvidence;
  readonly smoke: readonly SmokeEvidence[];
  readonly load?: LoadEvidence;
  readonly metrics?: MetricsEvidence;
  /** Health and readiness asked once more after the load. */
  readonly aftermath?: ProbeEvidence;
  readonly shutdown?: ShutdownEvidence;
  readonly rollout?: RolloutRecord;
}
