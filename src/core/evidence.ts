/**
 * Evidence: what a tool or a source really said, before anybody decides anything.
 * Times are ISO 8601 strings in UTC, durations are milliseconds, files are relative to the run's folder.
 */

/** How the execution of one tool ended. */
export interface ToolOutcome {
  readonly tool: string;
  readonly version: string;
  /** argv as started; it never holds a secret, because secrets travel by file or environment. */
  readonly command: readonly string[];
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** We ended it because its time was spent. */
  readonly timedOut: boolean;
  /** We ended it because the person asked us to. */
  readonly interrupted: boolean;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** What every piece of evidence has. */
export interface EvidenceBase {
  readonly files: readonly string[];
  /** Why this evidence cannot be believed or is incomplete; any entry makes the judgement at best `error`. */
  readonly problems: readonly string[];
}

export interface Assertion {
  readonly name: string;
  readonly ok: boolean;
  readonly message?: string;
}

export type StepStatus =
  | 'pass'
  | 'fail'
  /** Left out on purpose by the test itself. */
  | 'skipped'
  /** Never reached: an earlier step failed, the time was spent, the run was interrupted. */
  | 'not-run'
  /** Failed, then passed on a retry. */
  | 'flaky'
  /** The target's rate limit kept us from asking; not the release's fault. */
  | 'rate-limited';

/** One request or one test of the smoke journey. */
export interface JourneyStep {
  readonly name: string;
  /** Folder or file that the step belongs to. */
  readonly group: string;
  /** Playwright's project, where the tool has such a thing. */
  readonly project?: string;
  readonly status: StepStatus;
  readonly startedAt?: string;
  readonly durationMs: number;
  readonly method?: string;
  /** Without query secrets. */
  readonly url?: string;
  readonly httpStatus?: number;
  readonly requestIds: readonly string[];
  /** X-App-Release of the answer. */
  readonly release?: string;
  readonly assertions: readonly Assertion[];
  readonly error?: string;
  /** Screenshots, traces: files relative to the run's folder. */
  readonly attachments: readonly string[];
}

export interface SmokeEvidence extends EvidenceBase {
  readonly kind: 'smoke';
  readonly outcome: ToolOutcome;
  readonly steps: readonly JourneyStep[];
  /** The projects of our own Playwright folder that were asked to run; absent for Newman and for anybody else's folder. */
  readonly projects?: readonly string[];
  /** Percent of the traffic on the new release when it was walked; absent outside of a rollout. */
  readonly stage?: number;
}

/** s events in n trials. */
export interface Count {
  readonly events: number;
  readonly trials: number;
}

/** One bucket of the load over time. Durations in ms; absent where nothing was measured in that second. */
export interface LoadPoint {
  /** Seconds since the start of the load. */
  readonly second: number;
  readonly requests: number;
  readonly serverErrors: number;
  readonly payments: number;
  readonly failedPayments: number;
  readonly p50Ms?: number;
  readonly p95Ms?: number;
}

export interface Threshold {
  readonly metric: string;
  readonly expression: string;
  readonly ok: boolean;
}

export interface LoadEvidence extends EvidenceBase {
  readonly kind: 'load';
  readonly outcome: ToolOutcome;
  readonly profile: string;
  readonly requests: number;
  readonly iterations: number;
  readonly droppedIterations: number;
  /** Iterations that ended in an exception; k6 itself calls them complete. */
  readonly exceptions: number;
  /** Requests that got no HTTP answer at all. */
  readonly unanswered: number;
  /** Answers whose X-App-Release was another release than the expected one, and how many carried the header. */
  readonly wrongRelease: Count;
  /** Events and trials by the id of the SLO in config/slo.yaml. */
  readonly slo: Readonly<Record<string, Count>>;
  /** Milliseconds; absent when there were no samples. */
  readonly percentiles: { readonly p50Ms?: number; readonly p95Ms?: number; readonly p99Ms?: number };
  readonly thresholds: readonly Threshold[];
  readonly checks: readonly { readonly name: string; readonly passes: number; readonly fails: number }[];
  readonly series: readonly LoadPoint[];
}

/** One HTTP question of a probe. */
export interface ProbeSample {
  readonly at: string;
  /** What was seen: a status, or why there was none. */
  readonly status: number | null;
  readonly error?: string;
  readonly durationMs: number;
  readonly requestId?: string;
  readonly release?: string;
  /** Whether the answer was what a healthy FreeTask says. */
  readonly ok: boolean;
  /** In words, where it was not. */
  readonly why?: string;
}

export interface ProbeEvidence extends EvidenceBase {
  readonly kind: 'probe';
  readonly url: string;
  readonly samples: readonly ProbeSample[];
  /** Longest unbroken ok time at the end of the probe. */
  readonly stableMs: number;
  readonly wantedStableMs: number;
  /** How often it was ok and then was not. */
  readonly interruptions: number;
}

/** Counter deltas of one scraped instance between two moments. */
export interface ScrapeDelta {
  readonly url: string;
  readonly slo: Readonly<Record<string, Count>>;
  /** SLO ids whose limit is not a bucket edge, and the edge that stood in (ms). */
  readonly edges: Readonly<Record<string, number>>;
  /** The instance restarted in between: its counters went down, its numbers say nothing. */
  readonly restarted: boolean;
}

export interface MetricsEvidence extends EvidenceBase {
  readonly kind: 'metrics';
  readonly from: string;
  readonly to: string;
  readonly instances: readonly ScrapeDelta[];
}

/** Requests whose bodies were half sent when the environment was told to stop. */
export interface ShutdownEvidence extends EvidenceBase {
  readonly kind: 'shutdown';
  readonly inFlight: readonly {
    readonly status: number | null;
    readonly error?: string;
    readonly requestId?: string;
    readonly durationMs: number;
  }[];
  /** The stop command's own exit code is the instances' exit code. */
  readonly stopExitCode: number | null;
  readonly stopDurationMs: number;
  /** Whether the environment was ready again after the start command. */
  readonly startedAgain: boolean;
}
