import { targetAt } from '../../../contract/support/target-at.ts';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { schemaVersion } from '../../../../src/core/run-result.ts';
import type { EnvironmentName, Target } from '../../../../src/core/target.ts';
import type { RolloutContext } from '../../../../src/flows/rollout/run.ts';
import type { RunFolder } from '../../../../src/journal/run-folder.ts';
import type { SimulatedProcess } from './crash.ts';
import type { SimulatedTarget } from './target.ts';
import { serviceDefaults } from '../../../contract/support/service-defaults.ts';

/** A folder on a disk that is full after so many lines of the journal. */
export function limited(folder: RunFolder, lines = Infinity): RunFolder {
  let left = lines;
  return {
    ...folder,
    record: async (event) => {
      // The first line of a run is not counted: with it the folder exists.
      if (event.type !== 'run-started' && left-- <= 0) throw new Error('ENOSPC: no space left on device');
      await folder.record(event);
    },
  };
}

export function killable(folder: RunFolder, process: SimulatedProcess, now: () => Date): RunFolder {
  let closed = false;
  const requireOpen = () => {
    if (closed) throw new Error('the folder was closed before its last write');
  };
  return {
    ...folder,
    record: async (event) => {
      requireOpen();
      // Notes for people are no part of the state, and are left out to keep the number of crash points down.
      if (event.type !== 'rollout' && event.type !== 'rollout-planned') {
        // Samples change no state, and would double the number of crash points. A folder without a line is no run.
        if (event.type === 'sampled' || event.type === 'run-started') await process.read(() => folder.record(event));
        return;
      }
      const line = JSON.stringify({ v: schemaVersion, at: now().toISOString(), ...event });
      const name = event.type === 'rollout' ? `${event.event.type} ${nameOf(event.event)}` : event.type;
      await process.effect({
        name: `journal ${name}`,
        perform: () => folder.record(event),
        tear: () => appendFile(join(folder.path, 'journal.ndjson'), line.slice(0, line.length / 2)),
      });
    },
    writeJson: async (name, value) => {
      requireOpen();
      await process.effect({ name: `write ${name}`, perform: () => folder.writeJson(name, value) });
    },
    [Symbol.asyncDispose]: async () => {
      closed = true;
    },
  };
}

const nameOf = (event: object): string =>
  'step' in event ? JSON.stringify(event.step) : 'stage' in event ? JSON.stringify(event.stage) : '';

/** One turn of the event loop, so that concurrent steps are interleaved, and the time. */
export const sleepIn = (target: SimulatedTarget, process: SimulatedProcess, ms: number): Promise<void> =>
  process.read(async () => {
    await new Promise(setImmediate);
    target.pass(ms);
  });

export function driversOf(target: SimulatedTarget, process: SimulatedProcess): RolloutContext['drivers'] {
  const { router, runtime, migrations } = target;
  const effect = <T>(name: string, perform: () => Promise<T>) => process.effect({ name, perform });
  return {
    ...(target.platform ? { platform: target.platform.driverFor(process) } : {}),
    router: {
      ...router,
      read: () => process.read(router.read),
      setShares: (shares) => effect('router.setShares', () => router.setShares(shares)),
      setMember: (name, state) => effect(`router.setMember ${name} ${state}`, () => router.setMember(name, state)),
    },
    runtime: {
      ...runtime,
      read: () => process.read(runtime.read),
      start: (name, release) => effect(`runtime.start ${name}`, () => runtime.start(name, release)),
      ...(target.sides ? { sides: target.sides.driverFor(process) } : {}),
      stop: (name, graceMs) => effect(`runtime.stop ${name}`, () => runtime.stop(name, graceMs)),
    },
    migrations: {
      ...migrations,
      status: (release) => process.read(() => migrations.status(release)),
      up: async (_, call) => {
        const pid = 1000 + process.effects.length;
        await call?.onStarted?.({ host: 'simulated', pid });
        await effect('migrations.start', async () => target.startMigrating(pid));
        while (target.migrating) await sleepIn(target, process, 500);
      },
    },
  };
}

const targetFor = (colour: EnvironmentName): Target => ({
  ...targetAt(`http://${colour}`, {
    name: 'simulated',
    readiness: { stableForMs: 1000, intervalMs: 100, budgetMs: 5000 },
    smoke: { budgetMs: 10_000, ours: serviceDefaults.smoke, playwright: false },
  }),
  environment: {
    name: colour,
    api: `http://${colour}`,
    metrics: ['1', '2'].map((place) => `http://${colour === 'public' ? 'blue' : colour}-${place}/metrics`),
  },
});

/** Parsed once: a command asks for them many times, and there are thousands of commands. */
const targets = { blue: targetFor('blue'), green: targetFor('green'), public: targetFor('public') };
export const simulatedTargetOf = (colour: EnvironmentName): Target => targets[colour];
