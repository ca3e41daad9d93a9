import { randomUUID } from 'node:crypto';
import { link, mkdir, open, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { identifyProcess } from './process-identity.ts';

/** Creates the file with this text if there is none, atomically. False where there is one already. */
export async function createExclusive(path: string, text: string): Promise<boolean> {
  await mkdir(dirname(path), { recursive: true });
  const aside = `${path}.${randomUUID()}.part`;
  const file = await open(aside, 'wx', 0o644);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  try {
    await link(aside, path);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(aside, { force: true });
  }
}

export const hostName = (): string => hostname();

/** When a process started, in ticks since the machine did; undefined where there is no /proc. Distinguishes a process from a later one with its id. */
export const startOfProcess = async (pid: number): Promise<string | undefined> =>
  (await identifyProcess(pid)).startedAtTicks;
