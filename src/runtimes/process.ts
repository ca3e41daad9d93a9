import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { PlaceSettings, ProcessSettings } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, fillCommand } from '../system/command.ts';
import { detachedExitCode, detachedPid, startDetached, stopDetached } from '../system/detached.ts';
import { readJson, readText, whyForeign, writeJsonAtomic } from '../system/files.ts';
import { describeEnding, placeNamed } from './places.ts';
import type { Place, Runtime } from './runtime.ts';

/** A process that ends so soon has not started. */
const settleMs = 150;

/**
 * Plain processes of this machine, which live on when Shiproom ends. Files in `folder` record what runs where; after a restart
 * of the machine every place is empty, and its instance has to be started once by hand.
 */
export function createProcessRuntime(settings: ProcessSettings, context: CommandContext): Runtime {
  const { folder, places } = settings;
  const baseOf = (place: string) => join(folder, place);
  /** The files name processes to signal, so they are believed only where no other user can have written them. */
  const refuseForeignFolder = async () => {
    const why = await whyForeign(folder);
    if (why === undefined) return;
    const message = `runtime.folder ${folder} is not used: ${why}. Name a folder that belongs to you alone.`;
    throw new ToolError(message, { command: [], exitCode: null });
  };
  return {
    name: 'process',
    read: async () => {
      await refuseForeignFolder();
      return Promise.all(places.map((place) => readPlace(place, baseOf(place.name))));
    },
    start: async (name, release) => {
      const { command, env } = commandIn(placeNamed(places, name), release, settings, context);
      await refuseForeignFolder();
      await writeJsonAtomic(`${baseOf(name)}.json`, { place: name, release });
      await startDetached(baseOf(name), command, { ...context, env });
      await sleep(settleMs);
      const exitCode = await detachedExitCode(baseOf(name));
      if (exitCode === undefined) return;
      throw new ToolError(`${name} did not start: \`${command.join(' ')}\` ${await endingOf(baseOf(name), exitCode)}`, {
        command,
        exitCode,
        logPath: `${baseOf(name)}.log`,
      });
    },
    stop: async (name, graceMs, call) => {
      placeNamed(places, name);
      await refuseForeignFolder();
      const began = performance.now();
      const result = await stopDetached(baseOf(name), graceMs, call?.signal);
      if (result === 'interrupted') {
        const message = `Stopping ${name} was interrupted: it has got SIGTERM and may still run.`;
        throw new ToolError(message, { command: [], exitCode: null });
      }
      const exitCode = (await detachedExitCode(baseOf(name))) ?? null;
      return { exitCode, killed: result === 'killed', durationMs: performance.now() - began };
    },
    lastEnding: async (name) => {
      placeNamed(places, name);
      const exitCode = await detachedExitCode(baseOf(name));
      return exitCode === undefined ? undefined : endingOf(baseOf(name), exitCode);
    },
  };
}

async function readPlace(place: PlaceSettings, base: string): Promise<Place> {
  const running = (await detachedPid(base)) !== undefined;
  const known = (await readJson(`${base}.json`)) as { release?: unknown } | undefined;
  const release = typeof known?.release === 'string' ? known.release : undefined;
  return { ...place, running, ...(running && release !== undefined ? { release } : {}) };
}

/** The command of a place and its environment, placeholders replaced. */
function commandIn(
  place: PlaceSettings,
  release: string,
  settings: ProcessSettings,
  context: CommandContext,
): { readonly command: Command; readonly env: Readonly<Record<string, string>> } {
  const facts = { place: place.name, colour: place.colour, release, port: new URL(place.address).port };
  const fill = (text: string) => fillCommand(['', text], facts)[1] ?? '';
  const variables = Object.entries(settings.env).map(([key, value]) => [key, fill(value)] as const);
  return { command: fillCommand(settings.command, facts), env: { ...context.env, ...Object.fromEntries(variables) } };
}

const endingOf = async (base: string, exitCode: number): Promise<string> =>
  describeEnding(exitCode, await readText(`${base}.log`));
