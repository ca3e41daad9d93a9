import { createHash } from 'node:crypto';
import { type ChildProcessWithoutNullStreams, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

const projectRoot = resolve(import.meta.dirname, '../..');
const asset = `k6-v2.2.0-linux-${process.arch === 'arm64' ? 'arm64' : 'amd64'}.tar.gz`;
let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-'));
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
  server = undefined;
  rmSync(folder, { recursive: true, force: true });
});

/** A program that answers as k6 does when asked for its version. */
function fakeK6(path: string, version: string): string {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, `#!/bin/sh\necho "k6 v${version} (go1.26.0, linux/amd64)"\n`);
  chmodSync(path, 0o755);
  return path;
}

/** A Go that does as the script says; without one, the machine's own would build k6. */
function fakeGo(script: string): void {
  mkdirSync(join(folder, 'bin'), { recursive: true });
  writeFileSync(join(folder, 'bin/go'), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}
const goFails = 'echo "no such toolchain" >&2\nexit 1';

/** A release server of our own; answers undefined by never answering. */
async function release(answers: Record<string, Buffer | string | undefined>): Promise<string> {
  server = createServer((request, response) => {
    const name = request.url?.slice(1) ?? '';
    if (!(name in answers)) return void response.writeHead(404).end();
    const answer = answers[name];
    if (answer !== undefined) response.end(answer);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return `http://127.0.0.1:${(server.address() as { port: number }).port}`;
}

function archive(): Buffer {
  const root = join(folder, 'archive');
  fakeK6(join(root, asset.replace('.tar.gz', ''), 'k6'), '2.2.0');
  spawnSync('tar', ['-czf', join(folder, asset), '-C', root, '.']);
  return readFileSync(join(folder, asset));
}

const sumOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

interface Outcome {
  readonly code: number | null;
  readonly talk: string;
  readonly tools: { k6?: { path: string; version: string; from: string } } | undefined;
}

/** Set-up with a tools folder of its own and without any other k6 in reach. */
function start(env: Record<string, string>, nodeArgs: readonly string[] = []): ChildProcessWithoutNullStreams {
  const tools = join(folder, 'tools');
  const { K6_PATH: _, ...inherited } = process.env;
  const bare = {
    ...inherited,
    PATH: `${join(folder, 'bin')}:/usr/bin:/bin:/usr/sbin`,
    SHIPROOM_TOOLS_DIR: tools,
    SHIPROOM_K6_STALL_MS: '700',
  };
  return spawn(process.execPath, [...nodeArgs, 'scripts/setup.mjs'], { cwd: projectRoot, env: { ...bare, ...env } });
}

async function setUp(env: Record<string, string> = {}, nodeArgs: readonly string[] = []): Promise<Outcome> {
  const child = start(env, nodeArgs);
  let talk = '';
  child.stderr.on('data', (chunk) => (talk += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  const file = join(folder, 'tools/tools.json');
  return {
    code,
    talk,
    tools: existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as NonNullable<Outcome['tools']>) : undefined,
  };
}

describe('set-up of k6', () => {
  it('takes the one that K6_PATH names, and says so', async () => {
    const path = fakeK6(join(folder, 'mine/k6'), '2.2.3');
    expect(await setUp({ K6_PATH: path })).toMatchObject({
      code: 0,
      tools: { k6: { path, version: '2.2.3', from: 'K6_PATH' } },
    });
  });

  it('ends with 2 when K6_PATH names another version, and names it', async () => {
    const path = fakeK6(join(folder, 'mine/k6'), '1.1.0');
    expect(await setUp({ K6_PATH: path })).toMatchObject({
      code: 2,
      talk: expect.stringContaining(`${path} is 1.1.0`),
      tools: undefined,
    });
  });

  it('takes a fitting one of the PATH', async () => {
    const path = fakeK6(join(folder, 'bin/k6'), '2.2.1');
    expect(await setUp()).toMatchObject({ code: 0, tools: { k6: { path, from: 'PATH' } } });
  });

  it('names a wrong one of the PATH, does not use it, and takes the release after checking its sum', async () => {
    const wrong = fakeK6(join(folder, 'bin/k6'), '1.7.0');
    const bytes = archive();
    const url = await release({ 'k6-v2.2.0-checksums.txt': `${sumOf(bytes)}  ${asset}\n`, [asset]: bytes });
    const outcome = await setUp({ SHIPROOM_K6_RELEASE_URL: url });
    expect(outcome).toMatchObject({ code: 0, tools: { k6: { version: '2.2.0', from: 'release' } } });
    expect(outcome.talk).toContain(`${wrong} is 1.7.0 and is not used`);
    expect(outcome.tools?.k6?.path).not.toBe(wrong);
  });

  it('does not use an archive whose sum is another one', async () => {
    const bytes = archive();
    const url = await release({ 'k6-v2.2.0-checksums.txt': `${'0'.repeat(64)}  ${asset}\n`, [asset]: bytes });
    const outcome = await setUp({ SHIPROOM_K6_RELEASE_URL: url });
    expect(outcome).toMatchObject({ code: 2, talk: expect.stringContaining(sumOf(bytes)), tools: undefined });
    expect(existsSync(join(folder, 'tools/k6/v2.2.0/k6'))).toBe(false);
  });

  it.each([
    ['a release that is not there', {}, 'status 404'],
    ['a server that stalls', { 'k6-v2.2.0-checksums.txt': undefined }, 'nothing came for 700 ms'],
    ['a list without our archive', { 'k6-v2.2.0-checksums.txt': 'abc  other.tar.gz\n' }, 'does not name'],
  ])(
    'gives up on %s within seconds, and says what to type where Go cannot build it either',
    async (_, answers, why) => {
      fakeGo(goFails);
      const url = await release(answers);
      const outcome = await setUp({ SHIPROOM_K6_RELEASE_URL: url });
      expect(outcome.talk).toContain(why);
      expect(outcome.talk).toContain('no such toolchain');
      expect(outcome).toMatchObject({ code: 2, talk: expect.stringContaining('K6_PATH=/path/to/k6') });
    },
  );

  it('does nothing the second time, and two at once do not get in each other’s way', async () => {
    fakeK6(join(folder, 'bin/k6'), '2.2.0');
    const both = await Promise.all([setUp(), setUp()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const again = await setUp();
    expect(again).toMatchObject({ code: 0, talk: '' });
  });

  it('looks again at a program that was changed in its place', async () => {
    fakeGo(goFails);
    const path = fakeK6(join(folder, 'bin/k6'), '2.2.0');
    expect(await setUp()).toMatchObject({ code: 0 });
    fakeK6(path, '1.10.0');
    const outcome = await setUp({ SHIPROOM_K6_RELEASE_URL: await release({}) });
    expect(outcome).toMatchObject({ code: 2, talk: expect.stringContaining(`${path} is 1.10.0 and is not used`) });
  });

  it('does without a tool when told so, and finds nothing left to do the second time', async () => {
    expect(await setUp({ SHIPROOM_WITHOUT: 'k6' })).toMatchObject({ code: 0, tools: { haproxy: expect.anything() } });
    const again = await setUp({ SHIPROOM_WITHOUT: 'k6' });
    expect(again).toMatchObject({ code: 0, talk: '' });
    expect(again.tools?.k6).toBeUndefined();
  });
});

describe('set-up', () => {
  it('names a Node that is too old', async () => {
    const versions = '{ ...process.versions, node: "18.20.4" }';
    const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: ${versions} })`;
    expect(await setUp({}, ['--import', old])).toMatchObject({
      code: 2,
      talk: expect.stringContaining('Node 18.20.4 is too old: 20.19'),
    });
  });

  it('takes over the lock of a process that is gone', async () => {
    fakeK6(join(folder, 'bin/k6'), '2.2.0');
    mkdirSync(join(folder, 'tools'));
    const { pid: gone } = spawnSync('true');
    symlinkSync(String(gone), join(folder, 'tools/set-up.lock'));
    expect(await setUp()).toMatchObject({ code: 0, talk: '' });
  });

  it('ends what it started when it is interrupted', async () => {
    const pidFile = join(folder, 'go.pid');
    fakeGo(`echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 120`);
    const child = start({ SHIPROOM_K6_RELEASE_URL: await release({}) });
    await vi.waitUntil(() => existsSync(pidFile), { timeout: 30_000 });
    const builder = Number(readFileSync(pidFile, 'utf8'));
    expect(isAlive(builder)).toBe(true);
    child.kill('SIGINT');
    expect(await once(child, 'close')).toEqual([null, 'SIGINT']);
    await vi.waitUntil(() => !isAlive(builder), { timeout: 10_000 });
  });
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
