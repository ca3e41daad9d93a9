import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot, userCache } from './folders.mjs';

export const k6Release = '2.2.0';
export const k6Sources = join(projectRoot, 'scripts/setup/k6');

/** Another release, other pinned sources or another system give another folder, so that no checkout gets one that it did not pin. */
async function k6Key() {
  const hash = createHash('sha256').update(`k6 ${k6Release} ${process.platform}-${process.arch}\n`);
  for (const name of ['go.mod', 'go.sum']) hash.update(await readFile(join(k6Sources, name)));
  return hash.digest('hex').slice(0, 16);
}

/** Where the user's cache keeps the k6 of these sources, whether or not it is there. */
export const cachedK6 = async () => join(userCache(), 'k6', await k6Key(), 'k6');
