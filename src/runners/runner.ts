import type { Emit } from '../core/events.ts';
import type { Mask } from '../core/redact.ts';
import type { Pacer } from '../system/pacer.ts';

/** What every runner is given beside its own question. */
export interface RunnerContext {
  /** Absolute path of `reports/<run-id>`; a runner writes below its own folder in it. */
  readonly runFolder: string;
  /** Absolute path of the project: where the programs (load, smoke, postman) and node_modules are. */
  readonly projectRoot: string;
  /** The scrubbed environment that a tool starts with: PATH, HOME, LANG, TMPDIR and little else. */
  readonly toolEnv: Readonly<Record<string, string>>;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly mask: Mask;
  /** Keeps requests below the rate limit of the target file. */
  readonly pacer?: Pacer;
}
