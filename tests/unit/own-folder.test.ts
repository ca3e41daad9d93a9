import { chmod, mkdtemp, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { isOwnFolder, isPrivateTo } from '../../sandbox/fleet/own-folder.ts';

it.each([
  ['our own', { uid: 7, mode: 0o40755, isDirectory: true }, true],
  ['of another user', { uid: 8, mode: 0o40755, isDirectory: true }, false],
  ['that the group can write', { uid: 7, mode: 0o40775, isDirectory: true }, false],
  ['that everyone can write', { uid: 7, mode: 0o41777, isDirectory: true }, false],
  ['that is a symbolic link', { uid: 7, mode: 0o40755, isDirectory: false }, false],
])('programs are executed from a folder %s: %o -> %s', (_, stats, expected) => {
  expect(isPrivateTo(stats, 7)).toBe(expected);
});

it('a folder on disk is judged by what it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'own-'));
  expect(await isOwnFolder(folder)).toBe(true);
  await symlink(folder, join(folder, 'link'));
  expect(await isOwnFolder(join(folder, 'link'))).toBe(false);
  await chmod(folder, 0o777);
  expect(await isOwnFolder(folder)).toBe(false);
  await rm(folder, { recursive: true });
  expect(await isOwnFolder(folder)).toBe(false);
});
