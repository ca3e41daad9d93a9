import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from './running-sandbox.ts';

export interface SetUpOutcome {
  readonly code: number | null;
  readonly stderr: string;
  readonly tools: { k6?: { path: string; version: string; from: string } } | undefined;
}

export interface SetUpOptions {
  readonly env?: Record<string, string>;
  readonly nodeArgs?: readonly string[];
  /** Where it runs, with tools.json in its node_modules; by default everything is in `cache`, named by SHIPROOM_TOOLS_DIR. */
  readonly checkout?: string;
}

/** A user's machine on which set-up runs: a home of its own, and no k6 and no Go but those that a test puts there. */
export interface Machine extends AsyncDisposable {
  readonly folder: string;
  /** The user's cache of Shiproom. */
  readonly cache: string;
  readonly start: (options?: SetUpOptions) => ChildProcessWithoutNullStreams;
  readonly setUp: (options?: SetUpOptions) => Promise<SetUpOutcome>;
  /** Another checkout of this user, whose npm packages are installed: all that set-up reads of one. */
  readonly copyCheckout: (name: string) => string;
  /** A Go that does as the script says. */
  readonly putGo: (script: string) => void;
  /** A release server, as environment variables; an undefined answer never comes. */
  readonly serveRelease: (answers: Record<string, Buffer | string | undefined>) => Promise<Record<string, string>>;
}

export function openMachine(): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'setup-'));
  const cache = join(folder, 'shiproom');
  const closers: (() => void)[] = [];

  const start = ({ env = {}, nodeArgs = [], checkout }: SetUpOptions = {}) => {
    const { K6_PATH: _, SHIPROOM_TOOLS_DIR: __, ...inherited } = process.env;
    const bare = {
      ...inherited,
      PATH: `${join(folder, 'bin')}:/usr/bin:/bin:/usr/sbin`,
      XDG_CACHE_HOME: folder,
      SHIPROOM_K6_STALL_MS: '700',
      ...(checkout === undefined ? { SHIPROOM_TOOLS_DIR: cache } : {}),
    };
    const args = [...nodeArgs, 'scripts/setup.mjs'];
    return spawn(process.execPath, args, { cwd: checkout ?? projectRoot, env: { ...bare, ...env } });
  };

  return {
    folder,
    cache,
    start,
    setUp: async (options = {}) => {
      const child = start(options);
      let stderr = '';
      child.stderr.on('data', (chunk) => (stderr += String(chunk)));
      const [code] = (await once(child, 'close')) as [number | null];
      const { checkout } = options;
      const file = join(checkout === undefined ? cache : join(checkout, 'node_modules/.cache/shiproom'), 'tools.json');
      const tools = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as SetUpOutcome['tools']) : undefined;
      return { code, stderr, tools };
    },
    copyCheckout: (name) => {
      const root = join(folder, name);
      for (const path of ['scripts/setup.mjs', 'scripts/setup', 'package-lock.json', 'node_modules/.shiproom-set-up'])
        cpSync(join(projectRoot, path), join(root, path), { recursive: true });
      return root;
    },
    putGo: (script) => {
      mkdirSync(join(folder, 'bin'), { recursive: true });
      writeFileSync(join(folder, 'bin/go'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    },
    serveRelease: async (answers) => {
      const server = createServer((request, response) => {
        const name = request.url?.slice(1) ?? '';
        if (!(name in answers)) return void response.writeHead(404).end();
        const answer = answers[name];
        if (answer !== undefined) response.end(answer);
      }).listen(0, '127.0.0.1');
      closers.push(() => (server.closeAllConnections(), server.close()));
      await once(server, 'listening');
      const { port } = server.address() as { port: number };
      return { SHIPROOM_K6_RELEASE_URL: `http://127.0.0.1:${port}` };
    },
    [Symbol.asyncDispose]: async () => {
      for (const close of closers) close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A program that answers as k6 does when asked for its version. */
export function putK6(path: string, version: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "k6 v${version} (go1.26.0, linux/amd64)"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** The k6 release's archive for this machine, with such a program in it. */
export function k6Archive({ folder }: Machine): { name: string; bytes: Buffer } {
  const name = `k6-v2.2.0-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}.tar.gz`;
  const root = join(folder, 'archive');
  putK6(join(root, name.replace('.tar.gz', ''), 'k6'), '2.2.0');
  spawnSync('tar', ['-czf', join(folder, name), '-C', root, '.']);
  return { name, bytes: readFileSync(join(folder, name)) };
}

/** The files of every k6 in the user's cache. */
export const filesOfCachedK6 = ({ cache }: Machine): string[] => {
  const keys = readdirSync(join(cache, 'k6'));
  return keys.flatMap((key) => readdirSync(join(cache, 'k6', key)));
};
