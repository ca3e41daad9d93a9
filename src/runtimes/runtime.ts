import type { DriverCall } from '../core/drivers.ts';
import type { Colour } from '../core/target.ts';

/** What runs, by the image that it was made of and not by what was asked for. */
export interface RunningImage {
  /** Content address: `sha256:…`. */
  readonly id: string;
  /** As the instance was configured: `freetask:1.5.0`. */
  readonly name?: string;
  /** Digests by which registries know it: `freetask@sha256:…`. */
  readonly digests?: readonly string[];
  /** The release that is built into the image, from its label org.opencontainers.image.version. */
  readonly version?: string;
}

/** Where an instance can run, and what runs there at this moment. */
export interface Place {
  readonly name: string;
  readonly colour: Colour;
  readonly zone?: string;
  /** Empty between two rollouts; used by a rolling one. */
  readonly surge: boolean;
  /** Base address of the instance itself, past the load balancer, without a slash at its end. */
  readonly address: string;
  readonly running: boolean;
  /** The release that was asked for; absent where nothing runs, or where it is unknown. */
  readonly release?: string;
  /** Absent where nothing runs, or the runtime knows no images. */
  readonly image?: RunningImage;
}

export interface Ending {
  /** Of the instance's own process; null where a signal ended it or it is unknown. */
  readonly exitCode: number | null;
  /** It did not end by itself within the grace and was killed. */
  readonly killed: boolean;
  readonly durationMs: number;
}

/**
 * Starts and stops instances. Every call throws ToolError where its command fails, exceeds its time limit or is aborted, with
 * the command, its exit code and its output.
 */
export interface Runtime {
  readonly name: string;
  readonly read: (call?: DriverCall) => Promise<readonly Place[]>;
  /** Starts the release in an empty place; resolves when it was started, which is before it is ready. */
  readonly start: (place: string, release: string, call?: DriverCall) => Promise<void>;
  /** SIGTERM, waits up to `graceMs`, then SIGKILL; resolves when it has ended. An empty place ends at once. */
  readonly stop: (place: string, graceMs: number, call?: DriverCall) => Promise<Ending>;
  /** How the last instance ended, with the last lines of its output; undefined while it runs and where it is unknown. */
  readonly lastEnding: (place: string, call?: DriverCall) => Promise<string | undefined>;
}

/** Limit of a command that starts or stops an instance, where the target file names none: an image may have to be pulled. */
export const defaultTimeoutMs = 5 * 60_000;
/** Limit of a command that reads, where the target file names none. */
export const defaultReadTimeoutMs = 10_000;
