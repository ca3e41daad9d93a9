import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';

export interface FileFacts {
  /** Relative to the folder. */
  readonly path: string;
  readonly bytes: number;
  /** Hexadecimal. */
  readonly sha256: string;
  readonly modifiedAt: string;
}

/** The files below a folder that match a path, `*` for any characters but a slash, sorted; none where a folder does not exist. */
export async function matchFiles(folder: string, pattern: string): Promise<FileFacts[]> {
  let paths = [''];
  for (const segment of pattern.split('/'))
    paths = (await Promise.all(paths.map((path) => namesIn(folder, path, segment)))).flat();
  const facts: FileFacts[] = [];
  for (const path of paths.toSorted()) {
    const found = await factsOf(folder, path);
    if (found) facts.push(found);
  }
  return facts;
}

async function namesIn(folder: string, path: string, segment: string): Promise<string[]> {
  if (!segment.includes('*')) return [join(path, segment)];
  const parts = segment.split('*').map((part) => part.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`));
  const expression = new RegExp(`^${parts.join('.*')}$`, 's');
  const names = await readdir(join(folder, path)).catch(() => []);
  return names.filter((name) => expression.test(name)).map((name) => join(path, name));
}

async function factsOf(folder: string, path: string): Promise<FileFacts | undefined> {
  const file = join(folder, path);
  const found = await stat(file).catch(() => undefined);
  if (!found?.isFile()) return undefined;
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return { path, bytes: found.size, sha256: hash.digest('hex'), modifiedAt: found.mtime.toISOString() };
}
