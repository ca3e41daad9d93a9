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
  /** It was asked to end and may still serve: no reader counts it as capacity. Absent where that is not known. */
  readonly terminating?: boolean;
  /** The release that was asked for; absent where it is unknown, or where nothing runs and nothing is going to. */
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

/** How one instance of the replaced release ended. */
export interface SideEnding extends Pick<Ending, 'exitCode' | 'killed'> {
  readonly name: string;
}

/** What replacing the instances of one colour has come to. */
export interface SideReplaced {
  /** One clause for the step's summary: `freetask-green: 3 of 3 pods run freetask@1.5.0`. */
  readonly summary: string;
  /** Names of the places that run the release now and are ready. */
  readonly instances: readonly string[];
  /** Those that ended meanwhile; an exit code of null where it could not be read before the instance was removed. */
  readonly endings: readonly SideEnding[];
  /** What did not go as it should, and stops nothing: an instance that was killed, an ending that could not be read. */
  readonly problems: readonly string[];
}

/**
 * A runtime that replaces all instances of a colour by itself, such as a Deployment. Each call does nothing to what is already as
 * asked for, so that a resumed rollout repeats it. Throws UserError where the configuration does not fit to what is there (nothing
 * was changed), and ToolError where the runtime refused, another writer interfered, the limit passed, or an instance of the release
 * cannot start: at once, with the reason and the last lines of its output.
 */
export interface SideRuntime {
  /** The colours that have instances of their own. With one there is nothing to shift traffic to: it is replaced by a rolling update. */
  readonly colours: readonly Colour[];
  /** What `replaceFirst` would add now: so many instances, beside the ones that serve. Reads alone. */
  readonly sizes: (colour: Colour, call?: DriverCall) => Promise<{ readonly first: number; readonly serving: number }>;
  /** The releases that `restore` can return to, newest first, without the one that is configured now. Reads alone. */
  readonly restorable: (colour: Colour, call?: DriverCall) => Promise<readonly string[]>;
  /** What clauses 2.R1 to 2.R4 need and the runtime is not set up for, one sentence each; changes nothing. */
  readonly check: (strategy: 'blue-green' | 'rolling', call?: DriverCall) => Promise<readonly string[]>;
  /**
   * The colour runs the release on all of its instances, all are ready, and all of the previous release have ended. A colour without
   * instances is first given as many as the other colour has. Continues after `replaceFirst`.
   */
  readonly replace: (colour: Colour, release: string, call?: DriverCall) => Promise<SideReplaced>;
  /**
   * The first instances of the release run and are ready beside those of the previous one; no more are replaced until `replace` or
   * `restore`. Nothing is done where all of them run the release already.
   */
  readonly replaceFirst: (colour: Colour, release: string, call?: DriverCall) => Promise<SideReplaced>;
  /**
   * Clause 4.2.1: the colour runs the named, previous release again as it was configured then, and no instance of the newer one is
   * left. Throws UserError where what that release ran with is not known any more.
   */
  readonly restore: (colour: Colour, release: string, call?: DriverCall) => Promise<SideReplaced>;
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
  /** Present where instances are replaced a colour at a time; `start` and `stop` then throw UserError. */
  readonly sides?: SideRuntime;
}

/** Limit of a command that starts or stops an instance, where the target file names none: an image may have to be pulled. */
export const defaultTimeoutMs = 5 * 60_000;
/** Limit of a command that reads, where the target file names none. */
export const defaultReadTimeoutMs = 10_000;
