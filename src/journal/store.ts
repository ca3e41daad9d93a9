/** A value that is only ever replaced by a writer that has its current version. */
export interface Versioned {
  readonly version: number;
  readonly text: string;
}

/** One value of a target; its lock is one. */
export interface ValueRecord {
  /** The newest version; undefined if it was never written. The text of a lock is empty once it was released. */
  readonly read: () => Promise<Versioned | undefined>;
  /** Writes version `expected + 1` if `expected` is the newest one (0: none), atomically. False if it is not. */
  readonly swap: (expected: number, text: string) => Promise<boolean>;
}

export interface StoredRun {
  readonly runId: string;
  /** Grows by every run of the target, whatever the clocks of the machines say. */
  readonly sequence: number;
}

/** The journals of a target's runs, and the files that belong to them. */
export interface RunRecords {
  /** Registers a run as the target's latest one. */
  readonly create: (runId: string) => Promise<StoredRun>;
  /** In the order of their sequence. */
  readonly list: () => Promise<readonly StoredRun[]>;
  /** Appends one line to a run's journal; durable when the promise resolves. Lines keep the order of the calls. */
  readonly append: (runId: string, line: string) => Promise<void>;
  /** Complete lines only: one that was cut off by a crash is dropped. */
  readonly lines: (runId: string) => Promise<readonly string[]>;
  readonly write: (runId: string, name: string, text: string) => Promise<void>;
  readonly read: (runId: string, name: string) => Promise<string | undefined>;
  readonly remove: (runId: string, name: string) => Promise<void>;
}

/**
 * Where the lock, the journals and the evidence of one target are kept, so that every machine that reaches the store can ship
 * to the target, resume, abort and report. Every call throws if the store cannot be reached.
 */
export interface TargetStore extends AsyncDisposable {
  /** For messages: a path, or a database without its credentials. */
  readonly place: string;
  /** The target's name: the key of everything in the store. */
  readonly target: string;
  readonly lock: ValueRecord;
  /** A value of its own for each name, written as the lock is. */
  readonly value: (name: string) => ValueRecord;
  readonly runs: RunRecords;
  /** Whether a run's folder is the store's own, so that nothing has to be copied to it. */
  readonly keepsRunsIn: (reportsRoot: string) => boolean;
}
