import type { LoadRunner } from './load-runner.ts';

/**
 * Evidence: the output of a tool or a source, before anything is decided.
 * Times are ISO 8601 strings in UTC, durations are milliseconds, files are relative to the run's folder.
 */

/** How the execution of one tool ended. */
export interface ToolOutcome {
  readonly tool: string;
  readonly version: string;
  /** argv as started; it never holds a secret, because secrets are passed by file or environment. */
  readonly command: readonly string[];
  /** null when a signal ended it. */
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** Stopped because its time limit was reached. */
  readonly timedOut: boolean;
  /** Stopped because the operator interrupted the run. */
  readonly interrupted: boolean;
  readonly startedAt: string;
  readonly durationMs: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Common to every piece of evidence. */
export interface EvidenceBase {
  readonly files: readonly string[];
  /** Why this evidence is unreliable or incomplete; any entry makes the judgement at best `error`. */
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
  /** Skipped by the test itself. */
  | 'skipped'
  /** Not reached: an earlier step failed, the time limit was reached, the run was interrupted. */
  | 'not-run'
  /** The target does not have what the step needs; `error` says what. */
  | 'not-applicable'
  /** Failed, then passed on a retry. */
  | 'flaky'
  /** Refused by the target's rate limit; no evidence about the release. */
  | 'rate-limited';

/** One request or one test of the smoke journey. */
export interface JourneyStep {
  readonly name: string;
  /** Folder or file that the step belongs to. */
  readonly group: string;
  /** Playwright's project; absent for other tools. */
  readonly project?: string;
  readonly status: StepStatus;
  readonly startedAt?: string;
  readonly durationMs: number;
  readonly method?: string;
  /** Without query secrets. */
  readonly url?: string;
  readonly httpStatus?: number;
  readonly requestIds: readonly string[];
  /** The release that the answer names. */
  readonly release?: string;
  /** How often it was asked with this outcome, where that is more than once. */
  readonly tries?: number;
  /** Origins other than the target's from which an answer came that its assertions stand on. */
  readonly elsewhere?: readonly string[];
  readonly assertions: readonly Assertion[];
  readonly error?: string;
  /** Which setting may be wrong instead of the release. */
  readonly hint?: string;
  /** Screenshots, traces: files relative to the run's folder. */
  readonly attachments: readonly string[];
}

export interface SmokeEvidence extends EvidenceBase {
  readonly kind: 'smoke';
  readonly outcome: ToolOutcome;
  readonly steps: readonly JourneyStep[];
  /** The target's origins; absent in evidence of earlier versions. */
  readonly origins?: readonly string[];
  /** The projects of our own Playwright folder that were asked to run; absent for Newman and for a target's own folder. */
  readonly projects?: readonly string[];
  /** Waited for rate limits of the service. */
  readonly waitedMs?: number;
  /** Percent of the traffic on the new release during the journey; absent outside of a rollout. */
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

export interface ReleaseAnswers {
  /** The release that they name; several where k6 counted them together. */
  readonly name: string;
  readonly answers: number;
  /** Second of the load after which none came; absent where it was answering at the end, or is unknown. */
  readonly lastSecond?: number;
}

/** What only a load by the target's own script, a file of this name, has. */
export interface LoadScript {
  readonly file: string;
  readonly options: 'kept' | 'replaced';
  /** Its own thresholds, where its options were kept; `samples` is false where the metric had none. */
  readonly thresholds: readonly (Threshold & { readonly samples: boolean })[];
  /** Objectives that nothing of the script counts, and why. */
  readonly uncounted: Readonly<Record<string, string>>;
  /** Failed checks on an answer that the objectives count already: a 5xx, none, or one of the front. */
  readonly excusedChecks: number;
  /** Part of the iterations' time in requests, in [0, 1]; absent where it is not known. */
  readonly requestShare?: number;
  readonly origins: readonly string[];
  readonly elsewhere: { readonly origins: readonly string[]; readonly answers: number };
}

export interface LoadEvidence extends EvidenceBase {
  readonly kind: 'load';
  readonly outcome: ToolOutcome;
  readonly profile: string;
  readonly script?: LoadScript;
  readonly runners?: readonly LoadRunner[];
  readonly requests: number;
  readonly iterations: number;
  readonly droppedIterations: number;
  /** P95 of the generator's own delay, where it lacked CPU time: slow answers and dropped arrivals may be its own. */
  readonly generatorLateMs?: number;
  /** Iterations that ended in an exception; k6 itself counts them as complete. */
  readonly exceptions: number;
  /** Requests without an HTTP answer. */
  readonly unanswered: number;
  /** Answers that named another release than the expected one, and how many named one. */
  readonly wrongRelease: Count;
  /** Answers by release, most frequent first; absent in evidence of earlier versions, as are the next two. */
  readonly releases?: readonly ReleaseAnswers[];
  /** Answers of the front (429 and 503 that do not name the release, where the target's answers do): the release did not see them. */
  readonly front?: { readonly limited: number; readonly unavailable: number };
  /** Milliseconds to get a connection, dial and TLS handshake included; not part of `percentiles`. */
  readonly connection?: { readonly p50Ms: number; readonly p95Ms: number; readonly maxMs: number };
  /** Events and trials by the id of the SLO in config/slo.yaml. */
  readonly slo: Readonly<Record<string, Count>>;
  /** Milliseconds; absent when there were no samples. */
  readonly percentiles: { readonly p50Ms?: number; readonly p95Ms?: number; readonly p99Ms?: number };
  readonly thresholds: readonly Threshold[];
  readonly checks: readonly { readonly name: string; readonly passes: number; readonly fails: number }[];
  readonly series: readonly LoadPoint[];
}

/** One HTTP request of a probe. */
export interface ProbeSample {
  readonly at: string;
  /** The HTTP status; null without an answer, and then `error` says why. */
  readonly status: number | null;
  readonly error?: string;
  readonly durationMs: number;
  readonly requestId?: string;
  readonly release?: string;
  /** Of a rate limit or an overloaded front, in ms. */
  readonly retryAfterMs?: number;
  /** A front answered (429, or 503 without the release header): it proves nothing about the release. */
  readonly front?: true;
  /** Whether the answer was the expected one. */
  readonly ok: boolean;
  /** Why it was not. */
  readonly why?: string;
}

export interface ProbeEvidence extends EvidenceBase {
  readonly kind: 'probe';
  readonly url: string;
  /** The expected answer, as text; absent in evidence of earlier versions. */
  readonly expected?: string;
  /** The target has no readiness route, and its health was probed in its place. */
  readonly insteadOfReadiness?: true;
  readonly samples: readonly ProbeSample[];
  /** Uninterrupted ok time at the end of the probe. */
  readonly stableMs: number;
  readonly wantedStableMs: number;
  /** How often it changed from ok to not ok. */
  readonly interruptions: number;
}

/** Counter deltas of one scraped instance between two moments. */
/** Responses slower than the bucket edge above the limit of an objective; without such an edge no trials. */
export interface CountAbove {
  readonly edgeMs?: number;
  readonly count: Count;
}

export interface ScrapeDelta {
  readonly url: string;
  readonly slo: Readonly<Record<string, Count>>;
  /** SLO ids whose limit is not a bucket edge, and the bucket edge used instead (ms). */
  readonly edges: Readonly<Record<string, number>>;
  /** Of the same ids, counted at the bucket edge above the limit; absent in evidence of earlier versions. */
  readonly above?: Readonly<Record<string, CountAbove>>;
  /** The instance restarted in between, so its counters started again and its numbers are not used. */
  readonly restarted: boolean;
  /** Whether the counters have a route label, so that probes are left out; absent in evidence of earlier versions. */
  readonly routed?: boolean;
  /** SLO ids that nothing here counts, and why: unknown, which is not zero. Absent in evidence of earlier versions. */
  readonly unknown?: Readonly<Record<string, string>>;
}

export interface MetricsEvidence extends EvidenceBase {
  readonly kind: 'metrics';
  readonly from: string;
  readonly to: string;
  readonly instances: readonly ScrapeDelta[];
}

/** Sessions of users that were reported of a release. */
export interface SessionsEvidence extends EvidenceBase {
  readonly kind: 'sessions';
  readonly release: string;
  readonly from: string;
  readonly to: string;
  /** Projects with sessions. */
  readonly projects: number;
  /** Crashed sessions of all; absent where there were none. */
  readonly count?: Count;
}
