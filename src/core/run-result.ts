import type { AnnouncementEvidence } from './announcement.ts';
import type { LoadEvidence, MetricsEvidence, ProbeEvidence, SessionsEvidence, SmokeEvidence } from './evidence.ts';
import type { ShutdownEvidence } from './shutdown-evidence.ts';
import type { CheckPlan } from './plan.ts';
import type { CrashesEvidence } from './crashes.ts';
import type { PreflightEvidence, Unmeasured } from './preflight.ts';
import type { FinalizeEvidence } from './tracked-release.ts';
import type { NotesEvidence } from './release-notes.ts';
import type { Decision } from './rollout/decided.ts';
import type { Phase } from './rollout/advance.ts';
import type { Strategy } from './rollout/plan.ts';
import type { Intervention } from './rollout/intervention.ts';
import type { Receipt } from './rollout/receipt.ts';
import type { RolloutRecord } from './rollout/record.ts';
import type { Shares } from './rollout/step.ts';
import type { Served } from './rollout/observation.ts';
import type { Slo } from './slo.ts';
import type { EnvironmentName, TargetKind } from './target.ts';
import type { ExitCode, Judgement, NotChecked, Verdict } from './verdict.ts';

/** Version of verdict.json, evidence.json and the journal: raised when their readers would have to change. */
export const schemaVersion = 2;

export type Verb = 'preflight' | 'verify' | 'smoke' | 'load' | 'deploy' | 'watch' | 'rollback' | 'release';

/** Where a rollout left the target. */
export interface RolloutOutcome {
  readonly strategy: Strategy;
  readonly release: string;
  readonly previousRelease?: string;
  readonly phase: Phase;
  readonly shares?: Shares;
  /** Users' requests answered by the new release, and how many of them failed; absent if they were not counted. */
  readonly users?: Served;
  /** What its rollback did. */
  readonly receipt?: Receipt;
  /** What an operator has to know and to type where the rollback could not be completed. */
  readonly intervention?: Intervention;
  /** What operators decided, in its order. */
  readonly decisions?: readonly RolloutDecision[];
}

export interface RolloutDecision extends Decision {
  /** ISO 8601. */
  readonly at: string;
  /** Percent of traffic of the stage that was decided; absent where none was. */
  readonly share?: number;
}

/** One step as it was executed. */
export interface StepRecord {
  readonly id: string;
  readonly title: string;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly summary: string;
}

/** `reports/<run-id>/verdict.json`: the verdict and its reasons. */
export interface RunResult {
  readonly schemaVersion: typeof schemaVersion;
  readonly runId: string;
  readonly verb: Verb;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly durationMs: number;
  readonly target: { readonly name: string; readonly kind: TargetKind; readonly environment: EnvironmentName };
  readonly addresses: { readonly api: string; readonly web?: string; readonly metrics: readonly string[] };
  /** The expected release; absent if none was named. */
  readonly expectedRelease?: string;
  /** Every release that answered, most frequent first. */
  readonly seenReleases: readonly string[];
  readonly verdict: Verdict;
  readonly exitCode: ExitCode;
  readonly interrupted: boolean;
  readonly judgements: readonly Judgement[];
  readonly notChecked: readonly NotChecked[];
  readonly slos: readonly Slo[];
  readonly steps: readonly StepRecord[];
  /** Settings that differ from the SOP, one sentence each. */
  readonly deviations: readonly string[];
  readonly tools: readonly { readonly name: string; readonly version: string }[];
  readonly rollout?: RolloutOutcome;
  /** Set when the run was judged again under other objectives. */
  readonly rejudged?: { readonly at: string; readonly sloFile: string };
}

/** `reports/<run-id>/evidence.json`: everything that was measured; enough to judge the run again. */
export interface RunEvidence extends PreflightEvidence {
  readonly schemaVersion: typeof schemaVersion;
  readonly runId: string;
  readonly plan: CheckPlan;
  /** Of a whole release: how it is to be shipped, where the operator chose; its rollout is planned after the preflight. */
  readonly strategy?: Strategy;
  /** The release by a route or a command, where that is what shows it, or why it is unknown. */
  readonly identity?: { readonly release: string } | { readonly problem: string };
  readonly health?: ProbeEvidence;
  readonly readiness?: ProbeEvidence;
  /** One request that needs the database, sent while readiness reported ready. */
  readonly dependencies?: ProbeEvidence;
  readonly smoke: readonly SmokeEvidence[];
  readonly load?: LoadEvidence;
  readonly metrics?: MetricsEvidence;
  /** Health and readiness probed again after the load. */
  readonly aftermath?: ProbeEvidence;
  readonly shutdown?: ShutdownEvidence;
  readonly sessions?: SessionsEvidence;
  readonly rollout?: RolloutRecord;
  /** Clause 3.3a, of a whole release. */
  readonly finalized?: FinalizeEvidence | Unmeasured;
  /** Clause 3.3b, of a whole release. */
  readonly crashes?: CrashesEvidence | Unmeasured;
  /** Clauses 3.4a and 3.4b, once the verdict was known. */
  readonly releaseNotes?: NotesEvidence;
  readonly announcement?: AnnouncementEvidence;
}
