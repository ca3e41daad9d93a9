import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { filesOfCachedK6, type Machine, openMachine, putK6 } from './support/set-up-machine.ts';

let machine: Machine;
beforeEach(() => {
  machine = openMachine();
});
afterEach(() => machine[Symbol.asyncDispose]());

/** A Go that builds a k6, counts its runs in go.runs, and waits for the file `gate` where one is named. */
const goBuilds = (gate?: string) => `echo run >> ${join(machine.folder, 'go.runs')}
${gate === undefined ? '' : `while [ ! -e ${gate} ]; do sleep 0.05; done`}
while [ "$1" != -o ]; do shift; done
printf '#!/bin/sh\\necho "k6 v2.2.0 (go1.26.0, linux/amd64)"\\n' > "$2"`;
const goRuns = () => readFileSync(join(machine.folder, 'go.runs'), 'utf8').trim().split('\n').length;

describe('the k6 of the user’s cache', () => {
  const offline = () => machine.serveRelease({});

  it('is built once for two checkouts that are set up at the same time, and at once there for a third', async () => {
    const gate = join(machine.folder, 'gate');
    machine.putGo(goBuilds(gate));
    const env = await offline();
    const both = ['one', 'two'].map((name) => {
      const child = machine.start({ checkout: machine.copyCheckout(name), env });
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

    const fresh = await machine.setUp({ checkout: machine.copyCheckout('three'), env });
    expect(fresh).toMatchObject({ code: 0, stderr: '', tools: { k6: { version: '2.2.0', from: 'cache' } } });
    expect(goRuns()).toBe(1);
    expect(filesOfCachedK6(machine)).toEqual(['k6']);
  });

  it('is another one where a checkout pins other sources', async () => {
    machine.putGo(goBuilds());
    const env = await offline();
    const [one, other] = [machine.copyCheckout('one'), machine.copyCheckout('other')];
    writeFileSync(join(other, 'scripts/setup/k6/go.sum'), 'other pins\n', { flag: 'a' });
    const [first, second] = [
      await machine.setUp({ checkout: one, env }),
      await machine.setUp({ checkout: other, env }),
    ];
    expect([first.code, second.code, goRuns()]).toEqual([0, 0, 2]);
    expect(first.tools?.k6?.path).not.toBe(second.tools?.k6?.path);
    // The checkout that was set up notices that it pins something else now.
    cpSync(join(other, 'scripts/setup/k6/go.sum'), join(one, 'scripts/setup/k6/go.sum'));
    const again = await machine.setUp({ checkout: one, env });
    expect(again.tools?.k6).toMatchObject({ path: second.tools?.k6?.path, from: 'cache' });
  });

  it.each([
    ['it is cut off', (path: string) => writeFileSync(path, '#!/bin/sh\n')],
    ['it is of another version', (path: string) => void putK6(path, '2.1.0')],
    ['every user may write it', (path: string) => chmodSync(path, 0o777)],
  ])('is built again where %s', async (_, damage) => {
    machine.putGo(goBuilds());
    const env = await offline();
    const built = (await machine.setUp({ env })).tools?.k6?.path ?? '';
    damage(built);
    mkdirSync(join(built, '../unfinished-1'));
    expect(await machine.setUp({ env })).toMatchObject({ code: 0, tools: { k6: { path: built, from: 'go build' } } });
    expect(spawnSync(built, ['version'], { encoding: 'utf8' }).stdout).toContain('k6 v2.2.0');
    expect(goRuns()).toBe(2);
    expect(filesOfCachedK6(machine)).toEqual(['k6']);
  });

  it('is not run from a machine.folder that every user may write, whatever lies in it', async () => {
    machine.putGo(goBuilds());
    const env = await offline();
    const built = (await machine.setUp({ env })).tools?.k6?.path ?? '';
    const ran = join(machine.folder, 'ran');
    writeFileSync(built, `#!/bin/sh\ntouch ${ran}\necho k6 v2.2.0\n`);
    chmodSync(join(built, '..'), 0o777);
    expect(await machine.setUp({ env })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining(`${join(built, '..')} can be written by other users (mode 777)`),
    });
    expect(existsSync(ran)).toBe(false);
  });

  it('is not left behind by a build of another version', async () => {
    machine.putGo(goBuilds().replace('v2.2.0', 'v2.3.0'));
    expect(await machine.setUp({ env: await offline() })).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the k6 of the go build is 2.3.0'),
    });
    expect(filesOfCachedK6(machine)).toEqual([]);
  });
});
