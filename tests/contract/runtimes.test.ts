import { chmod, chown, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../sandbox/fleet/ports.ts';
import { describe, expect, it } from 'vitest';
import type { RuntimeSettings, StartedProcess } from '../../src/core/drivers.ts';
import { groupState } from '../../src/system/process-identity.ts';
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

it('process: an instance that could not start is an error with its exit code and last lines', async () => {
  await using fixture = await openProcess();
  await expect(fixture.runtime.start('blue-1', 'broken')).rejects.toMatchObject({
    exitCode: 3,
    message: expect.stringContaining('no such thing as a database') as unknown,
  });
});

it('process: a process that got the id of an instance is neither taken for it nor stopped', async () => {
  await using fixture = await openProcess();
  await fixture.runtime.start('blue-1', 'freetask@1.4.0');
  const running = async () => (await fixture.runtime.read()).find(({ name }) => name === 'blue-1')?.running;
  expect(await running()).toBe(true);
  const start = await readFile(join(fixture.folder, 'blue-1.start'), 'utf8');
  await writeFile(join(fixture.folder, 'blue-1.start'), '1');
  expect(await running()).toBe(false);
  await fixture.runtime.stop('blue-1', 200);
  await writeFile(join(fixture.folder, 'blue-1.start'), start);
  expect(await running()).toBe(true);
});

it('command: output that is no list of instances is an error that shows it', async () => {
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

const blue = { name: 'blue-1', colour: 'blue' as const, surge: false, address: 'http://127.0.0.1:1' };
const endless = ['sleep', '300'] as const;
const limits = { timeoutMs: 200, readTimeoutMs: 200 };
const hanging: readonly [string, RuntimeSettings][] = [
  ['command', { driver: 'command', places: [blue], read: endless, start: endless, stop: endless }],
  [
    'docker-compose',
    {
      driver: 'docker-compose',
      places: [{ ...blue, service: 'api' }],
      compose: ['sh', '-c', 'sleep 300'],
      docker: ['sh', '-c', 'sleep 300'],
      file: '/none',
      project: 'none',
    },
  ],
];

describe.each(hanging)('runtime %s whose commands hang', (_, settings) => {
  it('fails at the limits of its target file, with the command in the message', async () => {
    const runtime = createRuntime({ ...settings, ...limits }, context);
    await expect(runtime.read()).rejects.toThrow(/sleep 300.*limit of 0.2 s/);
    await expect(runtime.start('blue-1', 'one')).rejects.toThrow(/sleep 300.*limit of 0.2 s/);
    await expect(runtime.stop('blue-1', 1000)).rejects.toThrow(/sleep 300.*limit of 0.2 s/);
  });

  it('is ended by an abort, and no process of it stays', async () => {
    const runtime = createRuntime(settings, context);
    const abort = new AbortController();
    const started: StartedProcess[] = [];
    const onStarted = (process: StartedProcess) => {
      started.push(process);
      abort.abort();
    };
    await expect(runtime.start('blue-1', 'one', { signal: abort.signal, onStarted })).rejects.toThrow('interrupted');
    await expect(runtime.read({ signal: abort.signal })).rejects.toThrow('interrupted');
    await expect.poll(() => Promise.all(started.map(groupState)), { timeout: 30_000 }).toEqual(['ended']);
  });
});

it('process: an abort ends the wait for an instance that is being stopped', async () => {
  await using fixture = await openProcess();
  await fixture.runtime.start('blue-1', 'stubborn');
  const signal = AbortSignal.abort();
  await expect(fixture.runtime.stop('blue-1', 600_000, { signal })).rejects.toThrow('may still run');
});

it.skipIf(process.getuid?.() !== 0)('process: a folder of another user is not used', async () => {
  await using fixture = await openProcess();
  await chown(fixture.folder, 4711, 4711);
  await expect(fixture.runtime.read()).rejects.toThrow(/belongs to user 4711/);
  await expect(fixture.runtime.start('blue-1', 'one')).rejects.toThrow(/belongs to user 4711/);
  await expect(fixture.runtime.stop('blue-1', 200)).rejects.toThrow(/belongs to user 4711/);
  await chown(fixture.folder, 0, 0);
});

it('process: a folder that every user may write to is not used', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'open-'));
  await mkdir(join(folder, 'places'));
  await chmod(join(folder, 'places'), 0o777);
  const settings = {
    driver: 'process',
    folder: join(folder, 'places'),
    command: endless,
    env: {},
    places: [blue],
  } as const;
  await expect(createRuntime(settings, context).start('blue-1', 'one')).rejects.toThrow('every user may write');
  await rm(folder, { recursive: true });
});

it('command: the image that runs is reported where the command prints it', async () => {
  const image = { id: 'sha256:1', name: 'freetask:1.5.0', digests: ['freetask@sha256:2'], version: '1.5.0' };
  const read = ['echo', JSON.stringify([{ name: 'blue-1', running: true, release: 'freetask@1.5.0', image }])] as const;
  const runtime = createRuntime({ driver: 'command', places: [blue], read, start: endless, stop: endless }, context);
  expect(await runtime.read()).toEqual([{ ...blue, running: true, release: 'freetask@1.5.0', image }]);
});
