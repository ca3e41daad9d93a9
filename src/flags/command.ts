import type { DriverCall } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import { canonicalJson, type CommandFlagsSettings, type FlagSnapshot } from '../core/flags.ts';
import { type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import type { Flags } from './flags.ts';

const defaultTimeoutMs = 30_000;
const defaultReadTimeoutMs = 10_000;

/** Any store of flags or config overrides that has a command line. */
export function createCommandFlags(settings: CommandFlagsSettings, context: CommandContext): Flags {
  const { timeoutMs = defaultTimeoutMs, readTimeoutMs = defaultReadTimeoutMs } = settings;
  const snapshot = async (call?: DriverCall): Promise<FlagSnapshot> => {
    // Reading changes nothing, so its process is not recorded.
    const options = { ...context, signal: call?.signal, timeoutMs: readTimeoutMs };
    const { stdout } = await demandCommand(settings.read, options);
    return parse(stdout, settings);
  };
  return {
    name: 'command',
    snapshot,
    restore: async (changes, call) => {
      const restored: string[] = [];
      for (const { name, from, to } of changes) {
        // Read before each change, because a command may take long.
        const current = await snapshot(call);
        if ((Object.hasOwn(current, name) ? current[name] : undefined) !== from) continue;
        const command = fillCommand(to === undefined ? settings.remove : settings.set, { name });
        // A value may be secret, and every user of the machine sees arguments.
        const env = to === undefined ? context.env : { ...context.env, FLAG_VALUE: to };
        await demandCommand(command, { ...context, ...call, env, timeoutMs });
        restored.push(name);
      }
      return restored;
    },
  };
}

/** A name with a leading dash would be read as an option. */
const nameShape = /^[\w][\w.:/@-]*$/;

function parse(text: string, { read: command }: CommandFlagsSettings): FlagSnapshot {
  const refuse = (why: string): ToolError =>
    new ToolError(`\`${command.join(' ')}\` printed ${why}.`, { command, exitCode: 0 });
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw refuse('no JSON object with the flags');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw refuse('no JSON object with the flags');
  return Object.fromEntries(
    Object.entries(value).map(([name, each]) => {
      if (!nameShape.test(name)) throw refuse(`the flag ${JSON.stringify(name)}, whose name cannot be an argument`);
      return [name, canonicalJson(each)];
    }),
  );
}
