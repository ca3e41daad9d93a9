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
const has = (program: string) => spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;

/** Why there can be no engine here; undefined where one can be started. */
const noEngine =
  process.platform !== 'linux'
    ? 'not Linux'
    : process.getuid?.() !== 0
      ? 'not root'
      : ['dockerd', 'docker-compose', 'ldd'].find((program) => !has(program));
const docker =
  ['/usr/bin/docker', '/usr/local/bin/docker'].find((path) => spawnSync(path, ['--version']).status === 0) ?? 'docker';

interface Engine extends AsyncDisposable {
  readonly host: string;
}

/** An engine of the test's own, in a folder of its own. */
async function startEngine(): Promise<Engine> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const host = `unix://${join(folder, 'docker.sock')}`;
  const args = [
    '--data-root',
    join(folder, 'data'),
    '--exec-root',
    join(folder, 'exec'),
    '-H',
    host,
    '--pidfile',
    join(folder, 'pid'),
  ];
  const daemon = spawn('dockerd', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let talk = '';
  daemon.stderr.on('data', (chunk) => (talk += String(chunk)));
  const ended = once(daemon, 'exit');
  for (let attempt = 0; ; attempt += 1) {
    if (spawnSync(docker, ['-H', host, 'info']).status === 0) break;
    if (attempt > 150 || daemon.exitCode !== null) throw new Error(`no engine:\n${talk.slice(-2000)}`);
    await sleep(200);
  }
  return {
    host,
    [Symbol.asyncDispose]: async () => {
      daemon.kill('SIGTERM');
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** An image without a registry: Node, the libraries that it needs, and the little instance. */
async function importImage(host: string, tags: readonly string[]): Promise<void> {
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
  for (const tag of tags) await run(docker, ['-H', host, 'import', tar, `freetask-api:${tag}`]);
  await Promise.all([rm(root, { recursive: true }), rm(tar)]);
}

describe.skipIf(noEngine !== undefined)(
  `docker-compose${noEngine === undefined ? '' : `: skipped, no engine (${noEngine})`}`,
  () => {
    let engine: Engine;
    let folder: string;
    let settings: Parameters<typeof createRuntime>[0];
    let context: Parameters<typeof createRuntime>[1];

    beforeAll(async () => {
      engine = await startEngine();
      await importImage(engine.host, ['one', 'two', 'stubborn', 'broken']);
      folder = await mkdtemp(join(tmpdir(), 'compose-'));
      const [blue = 0, green = 0] = await freePorts(2);
      const service = (port: number) => `
    image: freetask-api:\${APP_RELEASE}
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
        project: 'freetask',
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
      await engine[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
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

    it('an image that is nowhere is an error with the command, its exit code and what Compose said', async () => {
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
  },
);
