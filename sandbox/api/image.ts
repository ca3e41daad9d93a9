import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Settings } from './settings.ts';

/**
 * The image that the tag of this release names when the instance starts, as a container keeps the image it was made of.
 * Without such an image nothing is known of what runs.
 */
export async function recordImage({ images, release, instance }: Settings): Promise<void> {
  if (images === undefined) return;
  const record = join(images, 'running', encodeURIComponent(instance));
  const tag = `freetask-api:${release.name.split('@').at(-1)}`;
  const digest = await readFile(join(images, 'tags', encodeURIComponent(tag)), 'utf8').catch(() => undefined);
  if (digest === undefined) return rm(record, { force: true });
  await mkdir(join(images, 'running'), { recursive: true });
  await writeFile(record, JSON.stringify({ pid: process.pid, digest }));
}
