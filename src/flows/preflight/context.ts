import type { Deployment } from '../../config/target-file.ts';
import type { PreflightEvidence, PreflightPart } from '../../core/preflight.ts';
import type { Target } from '../../core/target.ts';
import type { TargetStore } from '../../journal/index.ts';
import type { RunnerContext } from '../../runners/runner.ts';
import type { Clock } from '../../system/clock.ts';
import type { Drivers } from '../drivers.ts';

/** What the parts of a preflight share. */
export interface PreflightContext {
  readonly file: string;
  readonly deployment: Deployment;
  readonly target: Target;
  /** What is to be shipped. */
  readonly release: string;
  /** What is live now; absent where nothing reports it. */
  readonly previousRelease?: string;
  /** Absent where the target file names nothing that ships a release. */
  readonly drivers?: Drivers;
  /** Why it is shipped inside a freeze window. */
  readonly hotfix?: string;
  readonly store: TargetStore;
  readonly clock: Clock;
  readonly runner: RunnerContext;
  /** Environment variables, for the tokens that the target file names. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/** Gathers the evidence of one part. It may be repeated after a crash, so that it does nothing twice that counts twice. */
export type GatherPart = (context: PreflightContext) => Promise<PreflightEvidence>;
export type PreflightGatherers = Readonly<Record<PreflightPart, GatherPart>>;
