import { createHash } from 'node:crypto';
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

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
  readonly tools: { k6: { path: string; version: string; from: string } } | undefined;
}

/** Set-up with a tools folder of its own and without any other k6 or Go in reach. */
async function setUp(env: Record<string, string> = {}): Promise<Outcome> {
  const tools = join(folder, 'tools');
  const { K6_PATH: _, ...inherited } = process.env;
  const bare = {
    ...inherited,
    PATH: `${join(folder, 'bin')}:/usr/bin:/bin:/usr/sbin`,
    SHIPROOM_TOOLS_DIR: tools,
    SHIPROOM_K6_STALL_MS: '700',
  };
  const child = spawn(process.execPath, ['scripts/setup.mjs'], { cwd: projectRoot, env: { ...bare, ...env } });
  let talk = '';
  child.stderr.on('data', (chunk) => (talk += String(chunk)));
  const [code] = (await once(child, 'close')) as [number | null];
  const file = join(tools, 'tools.json');
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
    expect(outcome.tools?.k6.path).not.toBe(wrong);
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
      const go = join(folder, 'bin/go');
      mkdirSync(join(folder, 'bin'));
      writeFileSync(go, '#!/bin/sh\necho "no such toolchain" >&2\nexit 1\n', { mode: 0o755 });
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
});
