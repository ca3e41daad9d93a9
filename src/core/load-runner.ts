/** One runner of a load that several k6 send together, which one k6 on this machine has none of; without a number where it did not report it. */
export interface LoadRunner {
  /** From 1. */
  readonly number: number;
  readonly pod?: string;
  readonly requests?: number;
  /** null: it has none, because it did not end. */
  readonly exitCode: number | null;
  /** As Kubernetes gives it: Completed, Error, OOMKilled. */
  readonly reason?: string;
  /** Between the first runner's start and its own. */
  readonly lateMs?: number;
  /** P95 of the delay of its own heartbeat. */
  readonly heartbeatLateMs?: number;
}

/** k6's counts as its runner leaves them in at most 4 096 bytes; load/message.ts writes them. */
export interface RunnerMessage {
  /** Of the run that started it, so that another run's message is refused. */
  readonly run: string;
  /** `1/4:1/2`, and how many segments its sequence has. */
  readonly segment: string;
  readonly of: number;
  /** When the load began by the runner's own clock, in ms since the epoch. */
  readonly began: number;
  /** Options in use that the plan does not set. */
  readonly options: readonly string[];
  readonly counts: Readonly<Record<MessageCount, number>>;
  /** Answers that were too slow, in the order of the objectives of latency. */
  readonly slow: readonly number[];
  /** P95 of the heartbeat's delay, in ms. */
  readonly late: number;
  /** P50, P95 and P99 of http_req_duration in ms; null without a sample. */
  readonly duration: readonly [number, number, number] | null;
  /** P50, P95 and maximum of http_req_blocked in ms; null without a sample. */
  readonly blocked: readonly [number, number, number] | null;
  /** Name, passes and fails. */
  readonly checks: readonly (readonly [string, number, number])[];
}

/** What a message counts, and the metric of k6 whose count it is: each is whole, and adds up over the runners. */
export const countedMetrics = {
  q: 'http_reqs',
  i: 'iterations',
  d: 'dropped_iterations',
  h: 'generator_lateness',
  x: 'exceptions',
  u: 'unanswered',
  l: 'rate_limited',
  w: 'wrong_release',
  n: 'no_release',
  fl: 'front_limited',
  fu: 'front_unavailable',
  ok: 'correct_answers',
  p: 'payments',
} as const;

/** Of rates: the samples that were true, and those that were not. */
export const countedRates = { e: 'http_req_failed', r: 'failed_payments' } as const;

export type MessageCount = keyof typeof countedMetrics | `${keyof typeof countedRates}${'t' | 'f'}`;
