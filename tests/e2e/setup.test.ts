import { createHash } from 'node:crypto';
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
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { hostname, tmpdir } from 'node:os';
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

/** A Go that builds a k6 of the right version, counts its runs in go.runs, and waits for the file `gate` where one is named. */
const goBuilds = (gate?: string) => `echo run >> ${join(folder, 'go.runs')}
${gate === undefined ? '' : `while [ ! -e ${gate} ]; do sleep 0.05; done`}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho "k6 v2.2.0 (go1.26.0, linux/amd64)"\\n' > "$2"`;
const goRuns = () => readFileSync(join(folder, 'go.runs'), 'utf8').trim().split('\n').length;

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
  readonly stderr: string;
  readonly tools: { k6?: { path: string; version: string; from: string } } | undefined;
}

/** Set-up with a cache of its own and without any other k6 in reach. */
interface Start {
  readonly env?: Record<string, string>;
  readonly nodeArgs?: readonly string[];
  /** Where it runs, with tools.json in its node_modules; the default has all in one folder, named by SHIPROOM_TOOLS_DIR. */
  readonly checkout?: string;
}

function start({ env = {}, nodeArgs = [], checkout }: Start = {}): ChildProcessWithoutNullStreams {
  const { K6_PATH: _, SHIPROOM_TOOLS_DIR: __, ...inherited } = process.env;
  const bare = {
    ...inherited,
    PATH: `${join(folder, 'bin')}:/usr/bin:/bin:/usr/sbin`,
    XDG_CACHE_HOME: folder,
    SHIPROOM_K6_STALL_MS: '700',
    ...(checkout === undefined ? { SHIPROOM_TOOLS_DIR: join(folder, 'shiproom') } : {}),
  };
  return spawn(process.execPath, [...nodeArgs, 'scripts/setup.mjs'], {
    cwd: checkout ?? projectRoot,
    env: { ...bare, ...env },
  });
}

async function setUp(options: Start = {}): Promise<Outcome> {
  const child = start(options);
  let stderr = '';
  child.stderr.on('data', (chunk) => (stderr += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  const { checkout } = options;
  const file =
    checkout === undefined
      ? join(folder, 'shiproom/tools.json')
      : join(checkout, 'node_modules/.cache/shiproom/tools.json');
  return {
    code,
    stderr,
    tools: existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as NonNullable<Outcome['tools']>) : undefined,
  };
}

/** Another checkout of this user, whose npm packages are installed: all that set-up reads of one. */
function copyCheckout(name: string): string {
  const root = join(folder, name);
  for (const path of ['scripts/setup.mjs', 'scripts/setup', 'package-lock.json', 'node_modules/.shiproom-set-up'])
    cpSync(join(projectRoot, path), join(root, path), { recursive: true });
  return root;
}

/** The k6 of the shared cache, as far as one is there. */
const inCache = () => {
  const keys = readdirSync(join(folder, 'shiproom/k6'));
  return keys.flatMap((key) => readdirSync(join(folder, 'shiproom/k6', key)));
};

describe('set-up of k6', () => {
  it('uses the one that K6_PATH names, and records that', async () => {
    const path = fakeK6(join(folder, 'mine/k6'), '2.2.3');
    expect(await setUp({ env: { K6_PATH: path } })).toMatchObject({
      code: 0,
      tools: { k6: { path, version: '2.2.3', from: 'K6_PATH' } },
    });
  });

  it('ends with 2 when K6_PATH names another version, and names it', async () => {
    const path = fakeK6(join(folder, 'mine/k6'), '1.1.0');
    expect(await setUp({ env: { K6_PATH: path } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${path} is 1.1.0`),
      tools: undefined,
    });
  });

  it('uses a fitting one of the PATH', async () => {
    const path = fakeK6(join(folder, 'bin/k6'), '2.2.1');
    expect(await setUp()).toMatchObject({ code: 0, tools: { k6: { path, from: 'PATH' } } });
  });

  it('names a wrong one of the PATH, does not use it, and downloads the release after checking its sum', async () => {
    const wrong = fakeK6(join(folder, 'bin/k6'), '1.7.0');
    const bytes = archive();
    const url = await release({ 'k6-v2.2.0-checksums.txt': `${sumOf(bytes)}  ${asset}\n`, [asset]: bytes });
    const outcome = await setUp({ env: { SHIPROOM_K6_RELEASE_URL: url } });
    expect(outcome).toMatchObject({ code: 0, tools: { k6: { version: '2.2.0', from: 'release' } } });
    expect(outcome.stderr).toContain(`${wrong} is 1.7.0 and is not used`);
    expect(outcome.tools?.k6?.path).not.toBe(wrong);
  });

  it('does not use an archive whose sum is another one', async () => {
    const bytes = archive();
    const url = await release({ 'k6-v2.2.0-checksums.txt': `${'0'.repeat(64)}  ${asset}\n`, [asset]: bytes });
    const outcome = await setUp({ env: { SHIPROOM_K6_RELEASE_URL: url } });
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(sumOf(bytes)), tools: undefined });
    expect(inCache()).toEqual([]);
  });

  it.each([
    ['a release that is not there', {}, 'status 404'],
    ['a server that stalls', { 'k6-v2.2.0-checksums.txt': undefined }, 'no data for 700 ms'],
    ['a list without our archive', { 'k6-v2.2.0-checksums.txt': 'abc  other.tar.gz\n' }, 'does not name'],
  ])(
    'gives up on %s within seconds, and prints what to type where Go cannot build it either',
    async (_, answers, why) => {
      fakeGo(goFails);
      const url = await release(answers);
      const outcome = await setUp({ env: { SHIPROOM_K6_RELEASE_URL: url } });
      expect(outcome.stderr).toContain(why);
      expect(outcome.stderr).toContain('no such toolchain');
      expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('K6_PATH=/path/to/k6') });
    },
  );

  it('does nothing the second time, and two at once do not get in each other’s way', async () => {
    fakeK6(join(folder, 'bin/k6'), '2.2.0');
    const both = await Promise.all([setUp(), setUp()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const again = await setUp();
    expect(again).toMatchObject({ code: 0, stderr: '' });
  });

  it('asks a program that was changed in its place for its version again', async () => {
    fakeGo(goFails);
    const path = fakeK6(join(folder, 'bin/k6'), '2.2.0');
    expect(await setUp()).toMatchObject({ code: 0 });
    fakeK6(path, '1.10.0');
    const outcome = await setUp({ env: { SHIPROOM_K6_RELEASE_URL: await release({}) } });
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(`${path} is 1.10.0 and is not used`) });
  });

  it('does without a tool that SHIPROOM_WITHOUT names, and finds nothing left to do the second time', async () => {
    expect(await setUp({ env: { SHIPROOM_WITHOUT: 'k6' } })).toMatchObject({
      code: 0,
      tools: { haproxy: expect.anything() },
    });
    const again = await setUp({ env: { SHIPROOM_WITHOUT: 'k6' } });
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.tools?.k6).toBeUndefined();
  });
});

describe('the k6 of the user’s cache', () => {
  const offline = async () => ({ SHIPROOM_K6_RELEASE_URL: await release({}) });

  it('is built once for two checkouts that are set up at the same time, and at once there for a third', async () => {
    const gate = join(folder, 'gate');
    fakeGo(goBuilds(gate));
    const env = await offline();
    const both = ['one', 'two'].map((name) => {
      const child = start({ checkout: copyCheckout(name), env });
      const output = { text: '' };
      child.stderr.on('data', (chunk) => (output.text += String(chunk)));
      return { output, ended: once(child, 'close') };
    });
    // Whichever came first holds the lock and builds; the other one reports that it waits.
    await vi.waitUntil(() => both.some(({ output }) => output.text.includes('waiting for it')), { timeout: 30_000 });
    writeFileSync(gate, '');
    expect(await Promise.all(both.map(({ ended }) => ended))).toEqual([
      [0, null],
      [0, null],
    ]);
    expect(goRuns()).toBe(1);

    const fresh = await setUp({ checkout: copyCheckout('three'), env });
    expect(fresh).toMatchObject({ code: 0, stderr: '', tools: { k6: { version: '2.2.0', from: 'cache' } } });
    expect(goRuns()).toBe(1);
    expect(inCache()).toEqual(['k6']);
  });

  it('is another one where a checkout pins other sources', async () => {
    fakeGo(goBuilds());
    const env = await offline();
    const [one, other] = [copyCheckout('one'), copyCheckout('other')];
    writeFileSync(join(other, 'scripts/setup/k6/go.sum'), 'other pins\n', { flag: 'a' });
    const [first, second] = [await setUp({ checkout: one, env }), await setUp({ checkout: other, env })];
    expect([first.code, second.code, goRuns()]).toEqual([0, 0, 2]);
    expect(first.tools?.k6?.path).not.toBe(second.tools?.k6?.path);
    // The checkout that was set up notices that it pins something else now.
    cpSync(join(other, 'scripts/setup/k6/go.sum'), join(one, 'scripts/setup/k6/go.sum'));
    const again = await setUp({ checkout: one, env });
    expect(again.tools?.k6).toMatchObject({ path: second.tools?.k6?.path, from: 'cache' });
  });

  it.each([
    ['it is cut off', (path: string) => writeFileSync(path, '#!/bin/sh\n')],
    ['it is of another version', (path: string) => void fakeK6(path, '2.1.0')],
    ['every user may write it', (path: string) => chmodSync(path, 0o777)],
  ])('is built again where %s', async (_, damage) => {
    fakeGo(goBuilds());
    const env = await offline();
    const built = (await setUp({ env })).tools?.k6?.path ?? '';
    damage(built);
    mkdirSync(join(built, '../unfinished-1'));
    expect(await setUp({ env })).toMatchObject({ code: 0, tools: { k6: { path: built, from: 'go build' } } });
    expect(spawnSync(built, ['version'], { encoding: 'utf8' }).stdout).toContain('k6 v2.2.0');
    expect(goRuns()).toBe(2);
    expect(inCache()).toEqual(['k6']);
  });

  it('is not run from a folder that every user may write, whatever lies in it', async () => {
    fakeGo(goBuilds());
    const env = await offline();
    const built = (await setUp({ env })).tools?.k6?.path ?? '';
    const ran = join(folder, 'ran');
    writeFileSync(built, `#!/bin/sh\ntouch ${ran}\necho k6 v2.2.0\n`);
    chmodSync(join(built, '..'), 0o777);
    expect(await setUp({ env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${join(built, '..')} can be written by other users (mode 777)`),
    });
    expect(existsSync(ran)).toBe(false);
  });

  it('is not left behind by a build of another version', async () => {
    fakeGo(goBuilds().replace('v2.2.0', 'v2.3.0'));
    expect(await setUp({ env: await offline() })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the k6 of the go build is 2.3.0'),
    });
    expect(inCache()).toEqual([]);
  });
});

describe('set-up', () => {
  it('names a Node that is too old', async () => {
    const versions = '{ ...process.versions, node: "18.20.4" }';
    const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: ${versions} })`;
    expect(await setUp({ nodeArgs: ['--import', old] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Node 18.20.4 is too old: 20.19'),
    });
  });

  it('takes over the lock of a process that is gone', async () => {
    fakeK6(join(folder, 'bin/k6'), '2.2.0');
    mkdirSync(join(folder, 'shiproom'));
    const checkoutKey = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16);
    const { pid: gone } = spawnSync('true');
    symlinkSync(`process ${gone} on ${hostname()}`, join(folder, `shiproom/set-up-${checkoutKey}.lock`));
    expect(await setUp()).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(join(folder, 'shiproom'))).toEqual(['tools.json']);
  });

  it('ends what it started when it is interrupted', async () => {
    const pidFile = join(folder, 'go.pid');
    fakeGo(`echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 120`);
    const child = start({ env: { SHIPROOM_K6_RELEASE_URL: await release({}) } });
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
