import type { CommandMigrationsSettings } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import type { Migration, Migrations } from './migrations.ts';

const timeoutMs = 15 * 60_000;

/** Any migration tool that can list what is applied. */
export function createCommandMigrations(settings: CommandMigrationsSettings, context: CommandContext): Migrations {
  const run = (command: Command, facts: Record<string, string>) =>
    demandCommand(fillCommand(command, facts), { ...context, timeoutMs });
  return {
    name: 'command',
    status: async (release) => parseStatus((await run(settings.status, { release })).stdout, settings.status),
    up: async (release) => void (await run(settings.up, { release })),
    down: async (id, release) => void (await run(settings.down, { id: id ?? '0', release })),
  };
}

/** A line with neither applied nor pending would drop a migration from the list, so it is an error. */
function parseStatus(text: string, command: Command): Migration[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => {
      const match = /^(\S+)\s+(applied|pending)$/.exec(line.trim());
      if (match) return { id: match[1] ?? '', applied: match[2] === 'applied' };
      throw new ToolError(`\`${command.join(' ')}\` printed "${line}", expected an id and applied or pending.`, {
        command,
        exitCode: 0,
      });
    });
}
