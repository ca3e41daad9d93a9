import { readdir, readFile } from 'node:fs/promises';

/**
 * The running processes that were started with this TMPDIR, directly or by such a process: also orphans, and those in a
 * process group of their own.
 */
export async function processesWithTmpdir(folder: string): Promise<{ pid: number; parent: number; command: string }[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const found = await Promise.all(
    ids.map(async (id) => {
      // A process that has ended since then has neither; a zombie has an empty environment.
      const read = (name: string) => readFile(`/proc/${id}/${name}`, 'utf8').catch(() => '');
      const [environment, command, stat] = await Promise.all(['environ', 'cmdline', 'stat'].map(read));
      if (!environment || command === undefined || stat === undefined) return [];
      const ours = environment.split('\0').includes(`TMPDIR=${folder}`);
      const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
      return ours ? [{ pid: Number(id), parent, command: command.replaceAll('\0', ' ') }] : [];
    }),
  );
  return found.flat();
}
