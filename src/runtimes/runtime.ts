import type { Colour } from '../core/target.ts';

/** A place that an instance can run in, and what runs there at this moment. */
export interface Place {
  readonly name: string;
  readonly colour: Colour;
  readonly zone?: string;
  /** Empty between two rollouts; taken by a rolling one. */
  readonly surge: boolean;
  /** Base address of the instance itself, past the load balancer, without a slash at its end. */
  readonly address: string;
  readonly running: boolean;
  /** Of what runs there; absent where nothing does, or where it cannot be told. */
  readonly release?: string;
}

export interface Ending {
  /** Of the instance's own process; null where a signal ended it or nobody knows any more. */
  readonly exitCode: number | null;
  /** It did not end by itself in its time and was killed. */
  readonly killed: boolean;
  readonly durationMs: number;
}

/** What starts and stops instances. Every call throws ToolError where the command fails, with its exit code and output. */
export interface Runtime {
  readonly name: string;
  readonly read: () => Promise<readonly Place[]>;
  /** Starts the release in an empty place; resolves when it was started, which is before it is ready. */
  readonly start: (place: string, release: string) => Promise<void>;
  /** SIGTERM, waits up to `graceMs`, then SIGKILL; resolves when it is gone. A place in which nothing runs ends at once. */
  readonly stop: (place: string, graceMs: number) => Promise<Ending>;
  /** How what was started last ended, with its last words; undefined while it runs and where nobody knows. */
  readonly lastEnding: (place: string) => Promise<string | undefined>;
}
