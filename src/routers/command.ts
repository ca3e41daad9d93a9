import type { CommandRouterSettings } from '../core/drivers.ts';
import { z } from 'zod';
import { ToolError, UserError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import type { Pool, Router } from './router.ts';

const timeoutMs = 30_000;
const percent = z.number().min(0).max(100);
const served = z.object({ requests: z.int().nonnegative(), failed: z.int().nonnegative() });
const answerSchema = z
  .object({
    blue: percent,
    green: percent,
    members: z
      .array(
        z.object({
          name: z.string(),
          colour: z.enum(['blue', 'green']),
          weight: z.number(),
          state: z.enum(['ready', 'drain', 'out']),
          up: z.boolean(),
          inFlight: z.int().nonnegative(),
          served: served.exactOptional(),
        }),
      )
      .default([]),
    served: z.object({ blue: served, green: served }).exactOptional(),
  })
  .refine(({ blue, green }) => Math.abs(blue + green - 100) < 0.5, 'blue and green are not 100 together');

/** Any tool that can set weights and say what they are. */
export function createCommandRouter(settings: CommandRouterSettings, context: CommandContext): Router {
  const run = (command: Command, facts: Record<string, string>) =>
    demandCommand(fillCommand(command, facts), { ...context, timeoutMs });
  return {
    name: 'command',
    handlesMembers: settings.member !== undefined,
    read: async (): Promise<Pool> => {
      const { stdout } = await run(settings.read, {});
      try {
        const { blue, green, members, served: counted } = answerSchema.parse(JSON.parse(stdout));
        return { shares: { blue, green }, members, ...(counted ? { served: counted } : {}) };
      } catch (error) {
        throw new ToolError(
          `\`${settings.read.join(' ')}\` did not print the shares as JSON: ${stdout.trim().slice(0, 200) || 'nothing'}`,
          { command: settings.read, exitCode: 0 },
          { cause: error },
        );
      }
    },
    setShares: async ({ blue, green }) => void (await run(settings.set, { blue: String(blue), green: String(green) })),
    setMember: async (member, state) => {
      if (!settings.member)
        throw new UserError('The router has no command `member`, and a rolling update needs one.', [
          'router.member in the target file',
        ]);
      await run(settings.member, { member, state });
    },
  };
}
