import type { CommandMigrationsSettings, DriverCall } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, type CommandOptions, demandCommand, fillCommand } from '../system/command.ts';
import { classOfTool } from './migration-class.ts';
import type { Migration, Migrations } from './migrations.ts';
import { pause } from './sql-session.ts';

const defaultTimeoutMs = 15 * 60_000;
const defaultReadTimeoutMs = 60_000;

/** Any migration tool that can list what is applied. */
export function createCommandMigrations(settings: CommandMigrationsSettings, context: CommandContext): Migrations {
  const { timeoutMs = defaultTimeoutMs, readTimeoutMs = defaultReadTimeoutMs } = settings;
  const run = (command: Command, facts: Record<string, string>, call: DriverCall = {}) =>
    withLockTimeout(fillCommand(command, facts), settings.lock, { ...context, ...call, timeoutMs });
  const listed = async (release: string, call?: DriverCall) => {
    // Reading changes nothing, so its process is not recorded.
    const options = { ...context, signal: call?.signal, timeoutMs: readTimeoutMs };
    const { stdout } = await demandCommand(fillCommand(settings.status, { release }), options);
    return parseStatus(stdout, settings.status);
  };
  const status = async (release: string, call?: DriverCall) =>
    (await listed(release, call)).map(({ id, applied }) => ({ id, applied }));
  return {
    name: 'command',
    // What the tool would refuse is known to the tool alone.
    check: async () => undefined,
    status,
    pending: async (release, call) =>
      (await listed(release, call)).flatMap(({ id, applied, declared }) =>
        applied ? [] : [classOfTool(id, declared)],
      ),
    up: (release, call) => run(settings.up, { release }, call),
    down: async (ids, release, call) => {
      if (ids.length === 0) return;
      const id = lastToKeep(await status(release, call), ids, settings.down);
      await run(settings.down, { id, release }, call);
    },
  };
}

/** Runs a command whose statements give up a lock that they do not get in time; it then runs again, up to the configured number of attempts. */
async function withLockTimeout(
  command: Command,
  lock: CommandMigrationsSettings['lock'],
  options: CommandOptions,
): Promise<void> {
  if (!lock) return void (await demandCommand(command, options));
  const given = options.env['PGOPTIONS'];
  const PGOPTIONS = `${given === undefined ? '' : `${given} `}-c lock_timeout=${Math.round(lock.timeoutMs)}`;
  for (let attempt = 0; ; attempt += 1) {
    try {
      return void (await demandCommand(command, { ...options, env: { ...options.env, PGOPTIONS } }));
    } catch (error) {
      const isLockTimeout = error instanceof ToolError && /lock timeout|55P03/.test(error.message);
      if (!isLockTimeout || attempt >= lock.retries || options.signal?.aborted) throw error;
      await pause(lock.pauseMs, options.signal);
    }
  }
}

/** `down` reverts everything after `{id}`, so it can revert the newest migrations only. */
function lastToKeep(migrations: readonly Migration[], ids: readonly string[], command: Command): string {
  const applied = migrations.filter(({ applied: isApplied }) => isApplied).map(({ id }) => id);
  const kept = applied.filter((id) => !ids.includes(id));
  const newer = applied.slice(applied.findIndex((id) => ids.includes(id))).filter((id) => !ids.includes(id));
  const missing = ids.filter((id) => !applied.includes(id));
  const refusal =
    missing.length > 0
      ? `${missing.join(', ')} is not applied, so it cannot be reverted.`
      : newer.length > 0
        ? `Reverting ${ids.join(', ')} would also revert ${newer.join(', ')}, which this release did not apply; nothing was reverted.`
        : undefined;
  if (refusal !== undefined) throw new ToolError(refusal, { command, exitCode: null });
  return kept.at(-1) ?? '0';
}

/** A line with neither applied nor pending would drop a migration from the list, so it is an error. */
function parseStatus(text: string, command: Command): (Migration & { readonly declared: string | undefined })[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const match = /^(\S+)\s+(applied|pending)(?:\s+(expand|contract|irreversible))?$/.exec(line.trim());
      if (match) return { id: match[1] ?? '', applied: match[2] === 'applied', declared: match[3] };
      throw new ToolError(
        `\`${command.join(' ')}\` printed "${line}", expected an id, applied or pending, and possibly expand, contract or irreversible.`,
        { command, exitCode: 0 },
      );
    });
}
