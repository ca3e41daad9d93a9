import { execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { freePorts } from '../../sandbox/fleet/ports.ts';
import { createRuntime } from '../../src/runtimes/index.ts';
import { runtimeContract } from './support/runtime-contract.ts';

const run = promisify(execFile);
/** Unique on an engine that others use too. */
const project = `shiproom-test-${process.pid}`;
const tags = ['one', 'two', 'stubborn', 'broken'] as const;
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

const docker =
  ['/usr/bin/docker', '/usr/local/bin/docker'].find((path) => spawnSync(path, ['--version']).status === 0) ?? 'docker';
const answers = (host: string) => spawnSync(docker, ['-H', host, 'info']).status === 0;

interface Engine extends AsyncDisposable {
  readonly host: string;
}

/** How to get an engine, or why there can be none. Tried and not guessed: root in a container may lack what it takes. */
async function findEngine(): Promise<{ readonly open: () => Promise<Engine> } | { readonly why: string }> {
  if (process.platform !== 'linux') return { why: 'not Linux' };
  const missing = ['docker-compose', 'ldd', 'tar'].find((program) => !has(program));
  if (missing) return { why: `no ${missing}` };
  const host = process.env['DOCKER_HOST'];
  // Only an engine of this machine publishes its ports on this machine's loopback.
  if (host?.startsWith('unix://') && answers(host))
    return { open: async () => ({ host, [Symbol.asyncDispose]: async () => undefined }) };
  if (process.getuid?.() !== 0) return { why: 'not root' };
  if (!has('dockerd')) return { why: 'no dockerd' };
  try {
    await (await startEngine())[Symbol.asyncDispose]();
    return { open: startEngine };
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
}

/** An engine of the test's own, in a folder of its own. */
async function startEngine(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const host = `unix://${join(folder, 'docker.sock')}`;
  const at = (name: string) => join(folder, name);
  const args = ['--data-root', at('data'), '--exec-root', at('exec'), '-H', host, '--pidfile', at('pid')];
  const daemon = spawn('dockerd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  daemon.stderr.on('data', (chunk) => (log += String(chunk)));
  const ended = once(daemon, 'exit');
  const engine = {
    host,
    [Symbol.asyncDispose]: async () => {
      daemon.kill('SIGTERM');
      if (daemon.exitCode === null && daemon.signalCode === null) await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
  for (let attempt = 0; attempt < 150 && daemon.exitCode === null; attempt += 1) {
    if (answers(host)) return engine;
    await sleep(200);
  }
  await engine[Symbol.asyncDispose]();
  throw new Error(/failed to start daemon: (.{1,120})/.exec(log)?.[1] ?? 'dockerd does not answer');
}

/** An image without a registry: Node, the libraries that it needs, and the minimal instance. */
async function importImage(host: string): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), 'image-'));
  const { stdout } = await run('ldd', [process.execPath]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  for (const file of libraries) {
    await mkdir(join(root, dirname(file)), { recursive: true });
    await copyFile(file, join(root, file));
  }
  await mkdir(join(root, 'tmp'));
  await copyFile(process.execPath, join(root, 'node'));
  await copyFile(join(import.meta.dirname, 'support/instance.cjs'), join(root, 'instance.cjs'));
  const tar = join(root, '..', `${Date.now()}.tar`);
  await run('tar', ['-C', root, '-cf', tar, '.']);
  for (const tag of tags) await run(docker, ['-H', host, 'import', tar, `${project}:${tag}`]);
  await Promise.all([rm(root, { recursive: true }), rm(tar)]);
}

const found = await findEngine();

describe.skipIf('why' in found)(`docker-compose${'why' in found ? `, skipped: no engine (${found.why})` : ''}`, () => {
  let engine: Engine | undefined;
  let folder: string | undefined;
  let settings: Parameters<typeof createRuntime>[0];
  let context: Parameters<typeof createRuntime>[1];

  beforeAll(async () => {
    if ('why' in found) return;
    engine = await found.open();
    await importImage(engine.host);
    folder = await mkdtemp(join(tmpdir(), 'compose-'));
    const [blue = 0, green = 0] = await freePorts(2);
    const service = (port: number) => `
    image: ${project}:\${APP_RELEASE}
    command: [/node, /instance.cjs]
    environment: { APP_RELEASE: "\${APP_RELEASE}", PORT: "8080", HOST: 0.0.0.0 }
    ports: ['127.0.0.1:${port}:8080']
`;
    await writeFile(
      join(folder, 'compose.yaml'),
      `version: '3.7'\nservices:\n  api-blue:${service(blue)}  api-green:${service(green)}`,
    );
    settings = {
      driver: 'docker-compose',
      compose: ['docker-compose', '--host', engine.host],
      docker: [docker, '-H', engine.host],
      file: join(folder, 'compose.yaml'),
      project,
      places: [
        { name: 'blue-1', colour: 'blue', surge: false, service: 'api-blue', address: `http://127.0.0.1:${blue}` },
        {
          name: 'green-1',
          colour: 'green',
          surge: false,
          service: 'api-green',
          address: `http://127.0.0.1:${green}`,
        },
      ],
    };
    context = { env: { PATH: process.env['PATH'] ?? '', HOME: folder, COMPOSE_PARALLEL_LIMIT: '2' }, cwd: folder };
  }, 120_000);
  afterAll(async () => {
    if (engine && folder) {
      // A network that is left behind keeps its bridge on the machine, also after its engine has ended.
      const compose = ['--host', engine.host, '-p', project, '-f', join(folder, 'compose.yaml')];
      await run('docker-compose', [...compose, 'down', '-t', '0', '--remove-orphans'], {
        env: { ...process.env, APP_RELEASE: 'one' },
      });
      await run(docker, ['-H', engine.host, 'rmi', '-f', ...tags.map((tag) => `${project}:${tag}`)]);
    }
    await engine?.[Symbol.asyncDispose]();
    if (folder) await rm(folder, { recursive: true, force: true });
  }, 60_000);

  runtimeContract('docker-compose', async () => {
    const runtime = createRuntime(settings, context);
    return {
      runtime,
      [Symbol.asyncDispose]: async () => {
        for (const place of ['blue-1', 'green-1']) await runtime.stop(place, 1000);
      },
    };
  });

  it('a container of `compose run` is no instance', async () => {
    const host = engine?.host ?? '';
    const compose = ['--host', host, '-p', project, '-f', join(folder ?? '', 'compose.yaml'), 'run', '-d', 'api-blue'];
    const { stdout } = await run('docker-compose', compose, { env: { ...process.env, APP_RELEASE: 'one' } });
    expect((await createRuntime(settings, context).read()).map(({ running }) => running)).toEqual([false, false]);
    await run(docker, ['-H', host, 'rm', '-f', stdout.trim()]);
  });

  it('reports the image that runs, whatever was asked for', async () => {
    const runtime = createRuntime(settings, context);
    await runtime.start('blue-1', 'one');
    const image = (await runtime.read()).find(({ name }) => name === 'blue-1')?.image;
    const { stdout } = await run(docker, [
      '-H',
      engine?.host ?? '',
      'image',
      'inspect',
      '-f',
      '{{.Id}}',
      `${project}:one`,
    ]);
    expect(image).toMatchObject({ id: stdout.trim(), name: `${project}:one` });
    await runtime.stop('blue-1', 1000);
  });

  it('an image that is nowhere is an error with the command, its exit code and the output of Compose', async () => {
    const runtime = createRuntime(settings, context);
    await expect(runtime.start('blue-1', 'nowhere')).rejects.toMatchObject({
      name: 'ToolError',
      exitCode: 1,
      message: expect.stringMatching(/docker-compose.*up.*api-blue.*exit code 1/s) as unknown,
    });
  });

  it('an engine that is not there is an error, not an empty place', async () => {
    const runtime = createRuntime(
      { ...settings, driver: 'docker-compose', docker: [docker, '-H', 'unix:///nowhere.sock'] } as typeof settings,
      context,
    );
    await expect(runtime.read()).rejects.toThrow('docker');
  });
});

it('docker-compose: two starts at the same moment run one after the other', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'turns-'));
  // Stands for Compose and fails where another one is at work.
  const compose = ['sh', '-c', `mkdir ${folder}/busy && sleep 0.3 && rmdir ${folder}/busy`] as const;
  const place = { colour: 'blue' as const, surge: false, address: 'http://127.0.0.1:1', service: 'api' };
  const places = ['blue-1', 'blue-2'].map((name) => ({ ...place, name }));
  const runtime = createRuntime(
    { driver: 'docker-compose', compose: [...compose], docker: ['docker'], file: '/none', project: 'x', places },
    { env: { PATH: process.env['PATH'] ?? '' }, cwd: folder },
  );
  await Promise.all([runtime.start('blue-1', 'one'), runtime.start('blue-2', 'one')]);
  await rm(folder, { recursive: true });
});
