/** A wrong command or configuration, or a missing tool: exit 2, nothing was touched. */
export class UserError extends Error {
  override readonly name = 'UserError';
  /** What to type or change, one line each. */
  readonly next: readonly string[];

  constructor(message: string, next: readonly string[] = [], options?: ErrorOptions) {
    super(message, options);
    this.next = next;
  }
}

/** A tool that could not do its work; its output is at `logPath`. */
export class ToolError extends Error {
  override readonly name = 'ToolError';
  readonly command: readonly string[];
  readonly exitCode: number | null;
  readonly logPath: string | undefined;

  constructor(
    message: string,
    details: { command: readonly string[]; exitCode: number | null; logPath?: string },
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.command = details.command;
    this.exitCode = details.exitCode;
    this.logPath = details.logPath;
  }
}

/** Another writer has changed what was to be changed. Nothing was set, and a second attempt would overwrite the other change. */
export class ConflictError extends ToolError {}

/** The message of anything thrown, without its stack. */
export const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown));
