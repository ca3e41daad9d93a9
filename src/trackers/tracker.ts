import type { Attempt, CourtesyOutcome, FailedDeploy, Ticket } from '../core/courtesy.ts';
import type { FinalizeOutcome, FinishedDeploy, ReleaseCommits, TrackedOutcome } from '../core/tracked-release.ts';

/** Where tickets are opened. Never throws: a ticket that could not be opened is an outcome. */
export interface TicketTracker {
  readonly name: string;
  /** Opens the ticket once for each marker; `url` of the outcome is that of the ticket. */
  readonly open: (ticket: Ticket, attempt: Attempt) => Promise<CourtesyOutcome>;
  /** Why tickets could not be opened, found without opening one; undefined where they could. */
  readonly check: (attempt: Attempt) => Promise<string | undefined>;
}

/** Where the deploys of releases are recorded. Never throws. */
export interface ReleaseTracker {
  readonly name: string;
  /** Creates or finds the release with its commits, and reads it back (1.4a). */
  readonly prepare: (version: string, commits: ReleaseCommits, attempt: Attempt) => Promise<TrackedOutcome>;
  /** The release as it is now: its commits may arrive after it was created. */
  readonly read: (version: string, attempt: Attempt) => Promise<TrackedOutcome>;
  /** Finalizes the release and records its deploy, once for each run, and reads both back (3.3a). */
  readonly finalize: (deployed: FinishedDeploy, attempt: Attempt) => Promise<FinalizeOutcome>;
  /** Records the deploy once for each run, and leaves the release unfinalized (4.2.5). */
  readonly recordFailedDeploy: (deploy: FailedDeploy, attempt: Attempt) => Promise<CourtesyOutcome>;
  /** Why deploys could not be recorded, found without recording one; undefined where they could. */
  readonly check: (attempt: Attempt) => Promise<string | undefined>;
}
