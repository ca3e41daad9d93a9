import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { privateFolder } from '../../src/system/private-folder.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'private-folder-'));
  vi.stubEnv('TMPDIR', folder);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const leave = async (host: string, pid: number | undefined) => {
  const path = await mkdtemp(join(folder, `shiproom-${host}-${pid}-sessions-`));
  await writeFile(join(path, 'sessions.json'), '{}');
  return path;
};

it('is readable by this user only, and removed with its scope', async () => {
  let seen: string;
  {
    await using own = await privateFolder('sessions');
    seen = own.path;
    expect((await stat(own.path)).mode & 0o077).toBe(0);
  }
  expect(existsSync(seen)).toBe(false);
});

it('removes what a killed command has left, and nothing else', async () => {
  const { pid } = spawnSync(process.execPath, ['--version']);
  const orphan = await leave(hostname(), pid);
  const kept = [
    await leave(hostname(), process.pid),
    await leave('another-host', pid),
    await mkdtemp(join(folder, 'x-')),
  ];
  await using _ = await privateFolder('sessions');
  expect(existsSync(orphan)).toBe(false);
  expect(kept.every((path) => existsSync(path))).toBe(true);
});
