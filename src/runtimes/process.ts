import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessSettings } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, fillCommand } from '../system/command.ts';
import { detachedExitCode, detachedPid, startDetached, stopDetached } from '../system/detached.ts';
import { readJson, readText, writeJsonAtomic } from '../system/files.ts';
import { describeEnding, placeNamed } from './places.ts';
import type { Place, Runtime } from './runtime.ts';

/** A process that is gone so soon has not started. */
const settleMs = 150;

/**
 * Plain processes of this machine, which live on when Shiproom ends. Files tell who runs where; after the machine was
 * started again they name nobody, and the places have to be started once by hand.
 */
export function createProcessRuntime(settings: ProcessSettings, context: CommandContext): Runtime {
  const baseOf = (place: string) => join(settings.folder, place);
  return {
    name: 'process',
    read: () =>
      Promise.all(
        settings.places.map(async (place): Promise<Place> => {
          const running = (await detachedPid(baseOf(place.name))) !== undefined;
          const known = (await readJson(`${baseOf(place.name)}.json`)) as { release?: unknown } | undefined;
          const release = typeof known?.release === 'string' ? known.release : undefined;
          return { ...place, running, ...(running && release !== undefined ? { release } : {}) };
        }),
      ),
    start: async (name, release) => {
      const place = placeNamed(settings.places, name);
      const facts = { place: name, colour: place.colour, release, port: new URL(place.address).port };
      const filled = Object.entries(settings.env).map(([key, value]) => [
        key,
        fillCommand(['', value], facts)[1] ?? '',
      ]);
      const env = { ...context.env, ...(Object.fromEntries(filled) as Record<string, string>) };
      const command: Command = fillCommand(settings.command, facts);
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
    stop: async (name, graceMs) => {
      placeNamed(settings.places, name);
      const began = performance.now();
      const killed = (await stopDetached(baseOf(name), graceMs)) === 'killed';
      const exitCode = (await detachedExitCode(baseOf(name))) ?? null;
      return { exitCode, killed, durationMs: performance.now() - began };
    },
    lastEnding: async (name) => {
      placeNamed(settings.places, name);
      const exitCode = await detachedExitCode(baseOf(name));
      return exitCode === undefined ? undefined : endingOf(baseOf(name), exitCode);
    },
  };
}

const endingOf = async (base: string, exitCode: number): Promise<string> =>
  describeEnding(exitCode, await readText(`${base}.log`));
