import type { CourtesyOutcome } from './courtesy.ts';
import type { EvidenceBase } from './evidence.ts';

/** How the commits of a release get to Sentry: by their range, as sentry-cli finds them, or from the local repository. */
export const commitMethods = ['range', 'auto', 'local'] as const;
export type CommitMethod = (typeof commitMethods)[number];

/** Where the commits of a release are, as the target file sets it up. */
export interface CommitsSettings {
  /** Absolute: a working tree or a bare repository. */
  readonly folder: string;
  /** Pattern of a release's tag: {release} is replaced. */
  readonly tag: string;
  readonly method: CommitMethod;
}

/** The commits of a release in its repository. */
export interface ReleaseCommits {
  /** Its name in Sentry. */
  readonly repository: string;
  readonly method: CommitMethod;
  readonly folder: string;
  /** Commit of the release's tag. */
  readonly sha: string;
  /** Commit of the live release's tag; absent where nothing is live. */
  readonly previousSha?: string;
}

/** A release as Sentry's API has it. Times are ISO 8601. */
export interface TrackedRelease {
  readonly version: string;
  /** Slugs. */
  readonly projects: readonly string[];
  readonly dateCreated: string;
  /** Absent from answers that do not have it: Sentry accepts it and does not return it. */
  readonly dateStarted?: string;
  readonly dateReleased: string | null;
  readonly commitCount: number;
  /** Id of the newest commit. */
  readonly lastCommit?: string;
}

export interface TrackedDeploy {
  readonly environment: string;
  readonly name: string | null;
  readonly dateStarted: string | null;
  readonly dateFinished: string | null;
  readonly url: string | null;
}

/** What was done to a release, and the release as it was read back afterwards. */
export interface TrackedOutcome {
  readonly outcome: CourtesyOutcome;
  /** Absent where it could not be read. */
  readonly release?: TrackedRelease;
}

/** Clause 1.4a: what was asked for, and what Sentry has. */
export interface ReleaseEvidence extends EvidenceBase, TrackedOutcome {
  readonly kind: 'tracked-release';
  readonly project: string;
  readonly version: string;
  /** Sent as the start where the release was created; ISO 8601. */
  readonly startedAt: string;
  /** Of the time when it was read back; ISO 8601. */
  readonly readAt: string;
  /** Absent where the repository could not be read; `problems` has the reason. */
  readonly commits?: ReleaseCommits;
}

/** What clause 3.3a records of a release that is fully deployed. */
export interface FinishedDeploy {
  readonly runId: string;
  readonly release: string;
  /** Name of the target: Sentry's environment. */
  readonly environment: string;
  /** ISO 8601. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly reportUrl?: string;
}

export interface FinalizeOutcome extends TrackedOutcome {
  /** The deploy of this run as it was read back; absent where it is not listed. */
  readonly deploy?: TrackedDeploy;
}

/** Clause 3.3a. */
export interface FinalizeEvidence extends EvidenceBase, FinalizeOutcome {
  readonly kind: 'finalize';
  readonly deployed: FinishedDeploy;
}

/** Sentry accepts so many characters of a deploy's name and environment. */
const mostCharacters = 64;

/** Name under which a run records its deploy: it identifies the deploy when it is read back. */
export const deployName = (runId: string): string => `Shiproom ${runId}`.slice(0, mostCharacters);
export const deployEnvironment = (name: string): string => name.slice(0, mostCharacters);

/** sentry-cli sends whole seconds. */
export const isSameSecond = (one: string, other: string): boolean =>
  Math.floor(Date.parse(one) / 1000) === Math.floor(Date.parse(other) / 1000);
