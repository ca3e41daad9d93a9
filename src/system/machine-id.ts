import { readlink } from 'node:fs/promises';
import { readText } from './files.ts';

/** Identifies the running system and the process ids that it shows; undefined without /proc. */
export async function machineId(): Promise<string | undefined> {
  const [boot, namespace] = await Promise.all([
    readText('/proc/sys/kernel/random/boot_id').catch(() => undefined),
    readlink('/proc/self/ns/pid').catch(() => undefined),
  ]);
  return boot === undefined || namespace === undefined ? undefined : `${boot.trim()} ${namespace}`;
}
