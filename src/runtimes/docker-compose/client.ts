import type { DockerComposeSettings, DriverCall } from '../../core/drivers.ts';
import { messageOf, ToolError } from '../../core/errors.ts';
import type { Command } from '../../core/target.ts';
import { askCommand, type CommandAnswer, type CommandContext, demandCommand } from '../../system/command.ts';
import { defaultReadTimeoutMs, type RunningImage } from '../runtime.ts';
import { composeCommands } from './commands.ts';
import { type Container, parseContainers, parseImages } from './containers.ts';

export interface EngineClient {
  readonly containers: (call?: DriverCall) => Promise<readonly Container[]>;
  /** What is built into these images; one that was removed meanwhile is left out. */
  readonly images: (
    ids: readonly string[],
    call?: DriverCall,
  ) => Promise<ReadonlyMap<string, Omit<RunningImage, 'name'>>>;
  readonly logs: (id: string, call?: DriverCall) => Promise<CommandAnswer>;
}

/** How often the containers are listed again where one was replaced between the two questions. */
const mostAttempts = 5;

/** What the engine reports; nothing is changed here. */
export function createEngineClient(settings: DockerComposeSettings, context: CommandContext): EngineClient {
  const commands = composeCommands(settings);
  const timeoutMs = settings.readTimeoutMs ?? defaultReadTimeoutMs;
  // Reading changes nothing, so its process is not recorded.
  const optionsOf = (call: DriverCall | undefined) => ({ ...context, signal: call?.signal, timeoutMs });
  const known = new Map<string, Omit<RunningImage, 'name'>>();

  const containers = async (call?: DriverCall, attempt = 1): Promise<Container[]> => {
    const listed = await demandCommand(commands.list(), optionsOf(call));
    const ids = listed.stdout.split('\n').filter(Boolean);
    if (ids.length === 0) return [];
    const inspect = commands.inspect(ids);
    const answer = await askCommand(inspect, optionsOf(call));
    // A start that runs at the same time replaces containers between the two questions.
    if (answer.exitCode !== 0 && /no such (object|container)/i.test(answer.stderr) && attempt < mostAttempts)
      return containers(call, attempt + 1);
    const { stdout } = answer.exitCode === 0 ? answer : await demandCommand(inspect, optionsOf(call));
    return parse(inspect, () => parseContainers(stdout));
  };
  return {
    containers,
    images: async (ids, call) => {
      // What an id stands for never changes, so it is asked for once.
      const unknown = [...new Set(ids)].filter((id) => !known.has(id));
      if (unknown.length > 0) {
        const inspect = commands.inspectImages(unknown);
        const answer = await askCommand(inspect, optionsOf(call));
        if (answer.exitCode === 0)
          for (const [id, image] of parse(inspect, () => parseImages(answer.stdout))) known.set(id, image);
      }
      return known;
    },
    logs: (id, call) => askCommand(commands.logs(id), optionsOf(call)),
  };
}

function parse<T>(command: Command, read: () => T): T {
  try {
    return read();
  } catch (error) {
    const message = `\`${command.join(' ')}\` printed what cannot be read: ${messageOf(error)}`;
    throw new ToolError(message, { command, exitCode: 0 }, { cause: error });
  }
}
