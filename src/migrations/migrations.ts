/** One migration, in the order in which it is applied. */
export interface Migration {
  readonly id: string;
  readonly applied: boolean;
}

/**
 * The schema of a target's database. Every call throws ToolError on failure, with exit code and output, and gets the release
 * that is being shipped: migrations often come with it.
 */
export interface Migrations {
  readonly name: string;
  readonly status: (release: string) => Promise<readonly Migration[]>;
  /** Applies what is pending, oldest first; nothing where nothing is. */
  readonly up: (release: string) => Promise<void>;
  /** Reverts every applied migration after `id`, newest first; undefined reverts all. */
  readonly down: (id: string | undefined, release: string) => Promise<void>;
}
