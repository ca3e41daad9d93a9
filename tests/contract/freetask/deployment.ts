import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { migrateUp } from '../../../sandbox/api/migrations.ts';
import { Children } from '../../../sandbox/fleet/children.ts';
import { freePorts } from '../../../sandbox/fleet/ports.ts';
import { startPostgres as startServer } from '../../../sandbox/fleet/postgres.ts';
import type { Defects } from '../../../sandbox/releases.ts';
import { logIn } from './caller.ts';
import { programCommand } from '../../../sandbox/program.ts';

/** A PostgreSQL of the test's own, without databases of FreeTask. */
export async function startPostgres() {
  const folder = await mkdtemp(join(tmpdir(), 'freetask-'));
  const children = new Children(folder, () => {});
  const [port = 0] = await freePorts(1);
  const { url, stop } = await startServer(port, children);

  async function administer(sql: string): Promise<void> {
    const client = new Client(url);
    await client.connect();
    await client.query(sql);
    await client.end();
  }

  let databases = 0;
  return {
    administer,
    async newDatabase(): Promise<string> {
      databases += 1;
      const name = `test_${databases}`;
      await administer(`CREATE DATABASE ${name}`);
      return new URL(name, url).href;
    },
    async [Symbol.asyncDispose]() {
      await stop();
      await children.release();
      await rm(folder, { recursive: true });
    },
  };
}

export type Deployment = Awaited<ReturnType<typeof startDeployment>>;

/** A migrated database, one healthy instance and a session for each role. */
export async function startDeployment() {
  const postgres = await startPostgres();
  const databaseUrl = await postgres.newDatabase();
  await migrateUp(databaseUrl);
  const instance = await startInstance({ databaseUrl });
  const { url } = instance;
  const [client, freelancer, admin] = await Promise.all([
    logIn(url, 'client'),
    logIn(url, 'freelancer'),
    logIn(url, 'admin'),
  ]);
  return {
    url,
    databaseUrl,
    client,
    freelancer,
    admin,
    async stop() {
      await instance[Symbol.asyncDispose]();
      await postgres[Symbol.asyncDispose]();
    },
  };
}

export type InstanceOptions = {
  databaseUrl: string;
  release?: string;
  defects?: Defects;
  heapMb?: number;
  env?: Record<string, string>;
};

export type Instance = Awaited<ReturnType<typeof startInstance>>;

/** A real instance in a process of its own, on a free port. */
export async function startInstance({ databaseUrl, release, defects, heapMb, env }: InstanceOptions) {
  const heap = heapMb === undefined ? [] : [`--max-old-space-size=${heapMb}`];
  const [node, ...args] = programCommand('api/instance.ts', heap);
  const child = spawn(node, args, {
    env: {
      PATH: process.env['PATH'],
      PORT: '0',
      DATABASE_URL: databaseUrl,
      APP_RELEASE: release ?? 'freetask@1.5.0',
      APP_COLOR: 'green',
      JWT_SECRET: 'a-secret-of-the-test-only',
      DEFECTS: JSON.stringify(defects ?? {}),
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | string>((resolve) => {
    child.once('exit', (code, signal) => resolve(code ?? signal ?? 'unknown'));
  });
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const line = await Promise.race([once(createInterface(child.stdout), 'line'), exited]);
  if (!Array.isArray(line)) throw new Error(`The instance ended with ${line}: ${stderr}`);
  return {
    url: String(line[0]).replace('listening ', ''),
    exited,
    kill: (signal: NodeJS.Signals) => child.kill(signal),
    async stop(): Promise<number | string> {
      child.kill('SIGTERM');
      return Promise.race([exited, sleep(60_000, `still running 60 s after SIGTERM: ${stderr}`, { ref: false })]);
    },
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}
