import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../sandbox/fleet/ports.ts';
import { expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../src/runtimes/index.ts';
import { runtimeContract } from './support/runtime-contract.ts';

const here = join(import.meta.dirname, 'support');
const context = { env: { PATH: process.env['PATH'] ?? '' }, cwd: here };

async function openPlaces() {
  const folder = await mkdtemp(join(tmpdir(), 'runtime-'));
  const [blue = 0, green = 0] = await freePorts(2);
  await writeFile(join(folder, 'ports.json'), JSON.stringify({ 'blue-1': blue, 'green-1': green }));
  const places = [
    { name: 'blue-1', colour: 'blue' as const, surge: false, address: `http://127.0.0.1:${blue}` },
    { name: 'green-1', colour: 'green' as const, surge: false, address: `http://127.0.0.1:${green}` },
  ];
  const close = async (runtime: Runtime) => {
    for (const { name } of places) await runtime.stop(name, 200);
    await rm(folder, { recursive: true, force: true });
  };
  return { folder, places, close };
}

const openProcess = async () => {
  const { folder, places, close } = await openPlaces();
  const runtime = createRuntime(
    {
      driver: 'process',
      folder,
      places,
      command: [process.execPath, join(here, 'instance.cjs')],
      env: { PORT: '{port}', APP_RELEASE: '{release}' },
    },
    context,
  );
  return { runtime, folder, [Symbol.asyncDispose]: () => close(runtime) };
};

const openCommand = async () => {
  const { folder, places, close } = await openPlaces();
  const supervisor = (verb: string, ...more: string[]) =>
    [process.execPath, join(here, 'supervisor.cjs'), verb, folder, ...more] as const;
  const runtime = createRuntime(
    {
      driver: 'command',
      places,
      read: [...supervisor('read')],
      start: [...supervisor('start', '{place}', '{release}')],
      stop: [...supervisor('stop', '{place}', '{graceSeconds}')],
    },
    context,
  );
  return { runtime, [Symbol.asyncDispose]: () => close(runtime) };
};

runtimeContract('process', openProcess);
runtimeContract('command', openCommand);

it('process: what could not start is told with its exit code and its last words', async () => {
  await using ground = await openProcess();
  await expect(ground.runtime.start('blue-1', 'broken')).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('no such thing as a database') as unknown,
  });
});

it('process: another process that has got the number of an instance is neither an instance nor stopped', async () => {
  await using ground = await openProcess();
  await ground.runtime.start('blue-1', 'freetask@1.4.0');
  const running = async () => (await ground.runtime.read()).find(({ name }) => name === 'blue-1')?.running;
  expect(await running()).toBe(true);
  const start = await readFile(join(ground.folder, 'blue-1.start'), 'utf8');
  await writeFile(join(ground.folder, 'blue-1.start'), '1');
  expect(await running()).toBe(false);
  await ground.runtime.stop('blue-1', 200);
  await writeFile(join(ground.folder, 'blue-1.start'), start);
  expect(await running()).toBe(true);
});

it('command: an answer that is no list of instances is an error that shows it', async () => {
  const { places } = await openPlaces();
  const runtime = createRuntime(
    { driver: 'command', places, read: ['echo', 'all is well'], start: ['true'], stop: ['true'] },
    context,
  );
  await expect(runtime.read()).rejects.toThrow('all is well');
});

it('command: a stop that leaves the instance running is an error', async () => {
  const { places } = await openPlaces();
  const alive = ['echo', JSON.stringify([{ name: 'blue-1', running: true }])] as const;
  const runtime = createRuntime(
    { driver: 'command', places, read: [...alive], start: ['true'], stop: ['true'] },
    context,
  );
  await expect(runtime.stop('blue-1', 1000)).rejects.toThrow('blue-1 still runs');
});
