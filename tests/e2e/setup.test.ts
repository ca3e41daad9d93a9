import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { once } from 'node:events';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { projectRoot } from './support/running-sandbox.ts';
import { filesOfCachedK6, k6Archive, type Machine, openMachine, putK6 } from './support/set-up-machine.ts';

let machine: Machine;
beforeEach(() => {
  machine = openMachine();
});
afterEach(() => machine[Symbol.asyncDispose]());

const goFails = 'echo "no such toolchain" >&2\nexit 1';
const sumOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('set-up of k6', () => {
  it('uses the one that K6_PATH names, and records that', async () => {
    const path = putK6(join(machine.folder, 'mine/k6'), '2.2.3');
    expect(await machine.setUp({ env: { K6_PATH: path } })).toMatchObject({
      code: 0,
      tools: { k6: { path, version: '2.2.3', from: 'K6_PATH' } },
    });
  });

  it('ends with 2 when K6_PATH names another version, and names it', async () => {
    const path = putK6(join(machine.folder, 'mine/k6'), '1.1.0');
    expect(await machine.setUp({ env: { K6_PATH: path } })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${path} is 1.1.0`),
      tools: undefined,
    });
  });

  it('uses a fitting one of the PATH', async () => {
    const path = putK6(join(machine.folder, 'bin/k6'), '2.2.1');
    expect(await machine.setUp()).toMatchObject({ code: 0, tools: { k6: { path, from: 'PATH' } } });
  });

  it('names a wrong one of the PATH, does not use it, and downloads the release after checking its sum', async () => {
    const wrong = putK6(join(machine.folder, 'bin/k6'), '1.7.0');
    const { name, bytes } = k6Archive(machine);
    const env = await machine.serveRelease({ 'k6-v2.2.0-checksums.txt': `${sumOf(bytes)}  ${name}\n`, [name]: bytes });
    const outcome = await machine.setUp({ env });
    expect(outcome).toMatchObject({ code: 0, tools: { k6: { version: '2.2.0', from: 'release' } } });
    expect(outcome.stderr).toContain(`${wrong} is 1.7.0 and is not used`);
    expect(outcome.tools?.k6?.path).not.toBe(wrong);
  });

  it('does not use an archive whose sum is another one', async () => {
    const { name, bytes } = k6Archive(machine);
    const env = await machine.serveRelease({
      'k6-v2.2.0-checksums.txt': `${'0'.repeat(64)}  ${name}\n`,
      [name]: bytes,
    });
    const outcome = await machine.setUp({ env });
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(sumOf(bytes)), tools: undefined });
    expect(filesOfCachedK6(machine)).toEqual([]);
  });

  it.each([
    ['a release that is not there', {}, 'status 404'],
    ['a server that stalls', { 'k6-v2.2.0-checksums.txt': undefined }, 'no data for 700 ms'],
    ['a list without our archive', { 'k6-v2.2.0-checksums.txt': 'abc  other.tar.gz\n' }, 'does not name'],
  ])(
    'gives up on %s within seconds, and prints what to type where Go cannot build it either',
    async (_, answers, why) => {
      machine.putGo(goFails);
      const env = await machine.serveRelease(answers);
      const outcome = await machine.setUp({ env });
      expect(outcome.stderr).toContain(why);
      expect(outcome.stderr).toContain('no such toolchain');
      expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining('K6_PATH=/path/to/k6') });
    },
  );

  it('does nothing the second time, and two at once do not get in each other’s way', async () => {
    putK6(join(machine.folder, 'bin/k6'), '2.2.0');
    const both = await Promise.all([machine.setUp(), machine.setUp()]);
    expect(both.map(({ code }) => code)).toEqual([0, 0]);
    const again = await machine.setUp();
    expect(again).toMatchObject({ code: 0, stderr: '' });
  });

  it('asks a program that was changed in its place for its version again', async () => {
    machine.putGo(goFails);
    const path = putK6(join(machine.folder, 'bin/k6'), '2.2.0');
    expect(await machine.setUp()).toMatchObject({ code: 0 });
    putK6(path, '1.10.0');
    const outcome = await machine.setUp({ env: await machine.serveRelease({}) });
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(`${path} is 1.10.0 and is not used`) });
  });

  it('does without a tool that SHIPROOM_WITHOUT names, and finds nothing left to do the second time', async () => {
    expect(await machine.setUp({ env: { SHIPROOM_WITHOUT: 'k6' } })).toMatchObject({
      code: 0,
      tools: { haproxy: expect.anything() },
    });
    const again = await machine.setUp({ env: { SHIPROOM_WITHOUT: 'k6' } });
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.tools?.k6).toBeUndefined();
  });
});

describe('set-up', () => {
  it('names a Node that is too old', async () => {
    const versions = '{ ...process.versions, node: "18.20.4" }';
    const old = `data:text/javascript,Object.defineProperty(process, "versions", { value: ${versions} })`;
    expect(await machine.setUp({ nodeArgs: ['--import', old] })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Node 18.20.4 is too old: 20.19'),
    });
  });

  it('takes over the lock of a process that is gone', async () => {
    putK6(join(machine.folder, 'bin/k6'), '2.2.0');
    mkdirSync(machine.cache);
    const checkoutKey = createHash('sha256').update(projectRoot).digest('hex').slice(0, 16);
    const { pid: gone } = spawnSync('true');
    symlinkSync(`process ${gone} on ${hostname()}`, join(machine.cache, `set-up-${checkoutKey}.lock`));
    expect(await machine.setUp()).toMatchObject({ code: 0, stderr: '' });
    expect(readdirSync(machine.cache)).toEqual(['tools.json']);
  });

  it('ends what it started when it is interrupted', async () => {
    const pidFile = join(machine.folder, 'go.pid');
    machine.putGo(`echo $$ > ${pidFile}.new; mv ${pidFile}.new ${pidFile}; exec sleep 120`);
    const child = machine.start({ env: await machine.serveRelease({}) });
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
