import { z } from 'zod';
import type { CommandRuntimeSettings, DriverCall } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import { askCommand, type CommandContext, demandCommand, fillCommand } from '../system/command.ts';
import { placeNamed } from './places.ts';
import { defaultReadTimeoutMs, defaultTimeoutMs, type Place, type Runtime } from './runtime.ts';

const answerSchema = z.array(
  z.object({
    name: z.string(),
    running: z.boolean(),
    release: z.string().exactOptional(),
    image: z
      .object({
        id: z.string(),
        name: z.string().exactOptional(),
        digests: z.array(z.string()).exactOptional(),
        version: z.string().exactOptional(),
      })
      .exactOptional(),
    ended: z.string().exactOptional(),
  }),
);

/** Any tool that can list what runs, start an instance, and stop it with the instance's own exit code. */
export function createCommandRuntime(settings: CommandRuntimeSettings, context: CommandContext): Runtime {
  const { places, timeoutMs = defaultTimeoutMs, readTimeoutMs = defaultReadTimeoutMs } = settings;
  const list = async (call?: DriverCall) => {
    // Reading changes nothing, so its process is not recorded.
    const options = { ...context, signal: call?.signal, timeoutMs: readTimeoutMs };
    return parseList((await demandCommand(settings.read, options)).stdout, settings.read);
  };
  const read = async (call?: DriverCall): Promise<Place[]> => {
    const listed = await list(call);
    return places.map((place) => {
      const now = listed.find(({ name }) => name === place.name);
      const { running = false, release, image } = now ?? {};
      return { ...place, running, ...(release === undefined ? {} : { release }), ...(image ? { image } : {}) };
    });
  };
  const isRunning = async (place: string, call?: DriverCall) =>
    (await read(call)).some(({ name, running }) => name === place && running);
  return {
    name: 'command',
    read,
    start: async (place, release, call) => {
      placeNamed(places, place);
      await demandCommand(fillCommand(settings.start, { place, release }), { ...context, ...call, timeoutMs });
    },
    stop: async (place, graceMs, call) => {
      placeNamed(places, place);
      const began = performance.now();
      if (!(await isRunning(place, call))) return { exitCode: null, killed: false, durationMs: 0 };
      const command = fillCommand(settings.stop, { place, graceSeconds: String(Math.ceil(graceMs / 1000)) });
      // An exit code is the instance's own, which is for the judge; whether it has ended is asked.
      const options = { ...context, ...call, timeoutMs: graceMs + timeoutMs };
      const { exitCode, stderr } = await askCommand(command, options);
      const interrupted = call?.signal?.aborted === true;
      if (interrupted || (await isRunning(place, call))) {
        const state = interrupted ? 'may still run' : 'still runs';
        const message = `\`${command.join(' ')}\` ended with exit code ${exitCode}, and ${place} ${state}: ${stderr.trim()}`;
        throw new ToolError(message, { command, exitCode });
      }
      return { exitCode, killed: exitCode === 137, durationMs: performance.now() - began };
    },
    lastEnding: async (place, call) => {
      placeNamed(places, place);
      const now = (await list(call)).find(({ name }) => name === place);
      return now?.running ? undefined : now?.ended;
    },
  };
}

function parseList(text: string, command: readonly string[]): z.output<typeof answerSchema> {
  try {
    return answerSchema.parse(JSON.parse(text));
  } catch (error) {
    const output = text.trim().slice(0, 200) || 'nothing';
    throw new ToolError(
      `\`${command.join(' ')}\` did not print the list of instances as JSON: ${output}`,
      { command, exitCode: 0 },
      { cause: error },
    );
  }
}
