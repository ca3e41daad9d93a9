import { z } from 'zod';
import type { CommandRuntimeSettings } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import { askCommand, type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import { placeNamed } from './places.ts';
import type { Runtime } from './runtime.ts';

const timeoutMs = 5 * 60_000;
const answerSchema = z.array(
  z.object({
    name: z.string(),
    running: z.boolean(),
    release: z.string().exactOptional(),
    ended: z.string().exactOptional(),
  }),
);

/** Any tool that can say what runs, start an instance, and stop it with its own exit code. */
export function createCommandRuntime(settings: CommandRuntimeSettings, context: CommandContext): Runtime {
  const options = { ...context, timeoutMs };
  const ask = async () => parse((await demandCommand(settings.read, options)).stdout, settings.read);
  const read: Runtime['read'] = async () => {
    const said = await ask();
    return settings.places.map((place) => {
      const now = said.find(({ name }) => name === place.name);
      return {
        ...place,
        running: now?.running ?? false,
        ...(now?.release === undefined ? {} : { release: now.release }),
      };
    });
  };
  return {
    name: 'command',
    read,
    start: async (place, release) => {
      placeNamed(settings.places, place);
      await demandCommand(fillCommand(settings.start, { place, release }), options);
    },
    stop: async (place, graceMs) => {
      placeNamed(settings.places, place);
      const began = performance.now();
      if (!(await read()).some(({ name, running }) => name === place && running))
        return { exitCode: null, killed: false, durationMs: 0 };
      const command = fillCommand(settings.stop, { place, graceSeconds: String(Math.ceil(graceMs / 1000)) });
      // Not demanded: a number is the instance's own exit code, which is for the judge; whether it is gone is asked.
      const { exitCode, stderr } = await askCommand(command, options);
      if ((await read()).some(({ name, running }) => name === place && running)) {
        throw new ToolError(
          `\`${command.join(' ')}\` ended with exit code ${exitCode}, and ${place} still runs: ${stderr.trim()}`,
          { command, exitCode },
        );
      }
      return { exitCode, killed: exitCode === 137, durationMs: performance.now() - began };
    },
    lastEnding: async (place) => {
      placeNamed(settings.places, place);
      const now = (await ask()).find(({ name }) => name === place);
      return now?.running ? undefined : now?.ended;
    },
  };
}

function parse(text: string, command: readonly string[]): z.output<typeof answerSchema> {
  try {
    return answerSchema.parse(JSON.parse(text));
  } catch (error) {
    const said = text.trim().slice(0, 200) || 'nothing';
    throw new ToolError(
      `\`${command.join(' ')}\` did not print the list of instances as JSON: ${said}`,
      { command, exitCode: 0 },
      { cause: error },
    );
  }
}
