import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { exposure, isPrivateProgram, makePrivateFolder } from '../../scripts/setup/private-cache.mjs';

let cache: string;
let program: string;
beforeEach(() => {
  cache = mkdtempSync(join(tmpdir(), 'private-cache-'));
  mkdirSync(join(cache, 'k6/key'), { recursive: true, mode: 0o700 });
  program = join(cache, 'k6/key/k6');
  writeFileSync(program, '', { mode: 0o700 });
});
afterEach(() => rmSync(cache, { recursive: true }));

const own = process.getuid?.() ?? 0;

it.each([
  ['this user’s, private', { uid: own, mode: 0o40700 }, undefined],
  ['this user’s, readable by all', { uid: own, mode: 0o40755 }, undefined],
  ['root’s, as in an image that was built before', { uid: 0, mode: 0o100755 }, undefined],
  ['another user’s', { uid: own + 1, mode: 0o40700 }, `/x belongs to another user (uid ${own + 1})`],
  ['writable by the group', { uid: own, mode: 0o40770 }, '/x can be written by other users (mode 770)'],
  ['writable by all', { uid: own, mode: 0o40702 }, '/x can be written by other users (mode 702)'],
])('a file or folder that is %s', (_, facts, why) => {
  expect(exposure('/x', facts)).toBe(why);
});

it('a program is private when it and all folders down to it are', async () => {
  expect(await isPrivateProgram(cache, program)).toBe(true);
});

it.each(['', 'k6', 'k6/key', 'k6/key/k6'])('a program is not private when others may write "%s"', async (name) => {
  chmodSync(join(cache, name), 0o777);
  expect(await isPrivateProgram(cache, program)).toBe(false);
});

it('a program is not private when it, or a folder on the way to it, is a symbolic link', async () => {
  symlinkSync(program, join(cache, 'k6/key/link'));
  symlinkSync(join(cache, 'k6/key'), join(cache, 'k6/linked-key'));
  expect(await isPrivateProgram(cache, join(cache, 'k6/key/link'))).toBe(false);
  expect(await isPrivateProgram(cache, join(cache, 'k6/linked-key/k6'))).toBe(false);
});

it('a program that is missing is not private', async () => {
  expect(await isPrivateProgram(join(cache, 'none'), join(cache, 'none/k6'))).toBe(false);
});

it('the folder for a program is made private, and refused where it exists and is not', async () => {
  const folder = join(cache, 'made/here');
  await makePrivateFolder(cache, folder);
  chmodSync(join(cache, 'made'), 0o777);
  await expect(makePrivateFolder(cache, folder)).rejects.toThrow(
    `${join(cache, 'made')} can be written by other users`,
  );
});
