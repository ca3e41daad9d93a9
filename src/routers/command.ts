import { z } from 'zod';
import type { CommandRouterSettings, DriverCall } from '../core/drivers.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import type { Pool } from '../core/pool.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import { findProgram } from '../system/find-program.ts';
import type { Router } from './router.ts';

const defaultTimeoutMs = 30_000;
const defaultReadTimeoutMs = 10_000;

const percent = z.number().min(0).max(100);
const served = z.object({ requests: z.int().nonnegative(), failed: z.int().nonnegative() });
const memberSchema = z.object({
  name: z.string(),
  colour: z.enum(['blue', 'green']),
  weight: z.number().nonnegative(),
  state: z.enum(['ready', 'drain', 'out']),
  up: z.boolean(),
  inFlight: z.int().nonnegative(),
  served: served.exactOptional(),
  connectErrors: z.int().nonnegative().exactOptional(),
});
const answerSchema = z
  .object({
    blue: percent,
    green: percent,
    members: z.array(memberSchema).default([]),
    served: z.object({ blue: served, green: served }).exactOptional(),
    front: served.exactOptional(),
    countersSince: z.string().exactOptional(),
  })
  .refine(({ blue, green }) => Math.abs(blue + green - 100) < 0.5, 'blue and green are not 100 together');

/** Any tool that can set weights and print what they are. */
export function createCommandRouter(settings: CommandRouterSettings, context: CommandContext): Router {
  const timeoutMs = settings.timeoutMs ?? defaultTimeoutMs;
  const readTimeoutMs = settings.readTimeoutMs ?? Math.min(timeoutMs, defaultReadTimeoutMs);
  const run = async (command: Command, facts: Record<string, string>, call: DriverCall | undefined) => {
    await demandCommand(fillCommand(command, facts), { ...context, ...call, timeoutMs });
    return { problems: [] };
  };
  const read: Router['read'] = async (call) => {
    // Reading changes nothing, so its process is not recorded.
    const options = { ...context, signal: call?.signal, timeoutMs: readTimeoutMs };
    return parsePool((await demandCommand(settings.read, options)).stdout, settings.read);
  };
  return {
    name: 'command',
    handlesMembers: settings.member !== undefined,
    read,
    setShares: ({ blue, green }, call) => run(settings.set, { blue: String(blue), green: String(green) }, call),
    setMember: async (member, state, call) => {
      if (!settings.member)
        throw new UserError('The router has no command `member`, and a rolling update needs one.', [
          'router.member in the target file',
        ]);
      return run(settings.member, { member, state }, call);
    },
    checkCapabilities: async (_stages, call) => {
      const unreadable = await read(call).then(
        () => [],
        (error: unknown) => [messageOf(error)],
      );
      const commands = [
        ['set', settings.set] as const,
        ...(settings.member ? [['member', settings.member] as const] : []),
      ];
      const missing = await Promise.all(
        commands.map(async ([key, [program]]) =>
          (await findProgram(program, context.env['PATH'] ?? '')) === undefined
            ? [`router.${key}: ${program} was not found, or may not be executed`]
            : [],
        ),
      );
      return [...unreadable, ...missing.flat()];
    },
  };
}

function parsePool(text: string, command: Command): Pool {
  try {
    const { blue, green, ...known } = answerSchema.parse(JSON.parse(text));
    return { shares: { blue, green }, ...known };
  } catch (error) {
    throw new ToolError(
      `\`${command.join(' ')}\` did not print the shares as JSON: ${text.trim().slice(0, 200) || 'nothing'}`,
      { command, exitCode: 0 },
      { cause: error },
    );
  }
}
