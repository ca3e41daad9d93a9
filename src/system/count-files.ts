import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Folders of packages and of builds: their files are not the project's own. */
const foreign = new Set(['build', 'node_modules']);

/** Files with one of the endings below a folder; those of hidden folders, of packages and of builds are left out. */
export async function countFiles(folder: string, endings: readonly string[]): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  const counts = await Promise.all(
    entries.map(async (entry) => {
      if (entry.isFile()) return endings.some((ending) => entry.name.endsWith(ending)) ? 1 : 0;
      const own = entry.isDirectory() && !entry.name.startsWith('.') && !foreign.has(entry.name);
      return own ? countFiles(join(folder, entry.name), endings) : 0;
    }),
  );
  return counts.reduce<number>((sum, count) => sum + count, 0);
}
