import { readFileSync, readlinkSync, statSync } from 'node:fs';
import { join } from 'node:path';

/**
 * Tells a file from what it was before. The time of its last change (ctime) is set by the system on every write and rename,
 * whatever a tool does to its modification time.
 */
export function markOf(path) {
  const facts = statSync(path, { throwIfNoEntry: false });
  return facts === undefined ? 'missing' : `${facts.size} ${facts.ino} ${facts.ctimeMs}`;
}

/** @typedef {{ root: string, inputs: [path: string, mark: string][] }} Manifest what one program was bundled from */
export const manifestOf = (entry) => `${entry.replace(/\.ts$/, '')}.inputs.json`;
export const bundleOf = (entry) => entry.replace(/\.ts$/, '.mjs');
export const currentLink = (cache) => join(cache, 'current');

/**
 * The folder of the bundle in use, if every file that this program was bundled from is unchanged; else undefined.
 * @returns {string | undefined}
 */
export function freshBundle(cache, root, entry) {
  let folder;
  /** @type {Manifest} */
  let manifest;
  try {
    folder = join(cache, readlinkSync(currentLink(cache)));
    manifest = JSON.parse(readFileSync(join(folder, manifestOf(entry)), 'utf8'));
  } catch {
    return undefined;
  }
  // Paths of the project are part of the bundled code: a checkout that was moved needs another one.
  if (manifest.root !== root) return undefined;
  return manifest.inputs.every(([path, mark]) => markOf(join(root, path)) === mark) ? folder : undefined;
}
