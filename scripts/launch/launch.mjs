import nodeModule from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { bundleOf, freshBundle } from './inputs.mjs';
import { traceToSources } from './stack-traces.mjs';
import { markInUse } from './users.mjs';

/**
 * Runs a program of the project in this process, from its bundle.
 * @param {string} bundle folder
 * @param {{ root: string, entry: string, args: readonly string[] }} program `entry` is relative to the root
 */
export async function launch(bundle, { root, entry, args }) {
  process.argv.splice(1, Number.POSITIVE_INFINITY, join(root, entry), ...args);
  traceToSources(bundle);
  // Node 22 keeps compiled code on disk.
  nodeModule.enableCompileCache?.(join(bundle, 'compiled'));
  await import(pathToFileURL(join(bundle, bundleOf(entry))).href);
}

const mostBuilds = 5;

/**
 * The folder of a bundle that is as new as the program's sources, marked as in use. Throws esbuild's error where a source
 * cannot be bundled.
 * @param {{ cache: string, root: string, entry: string }} program
 */
export async function usableBundle({ cache, root, entry }) {
  for (let builds = 0; ; builds += 1) {
    // Another process or a further edit may supersede a bundle before it is marked.
    const fresh = freshBundle(cache, root, entry);
    if (fresh !== undefined && markInUse(fresh)) return fresh;
    if (builds === mostBuilds) throw new Error(`${entry} could not be bundled: its sources do not stop changing`);
    const { buildBundle } = await import('./bundle.mjs');
    await buildBundle(cache, root);
  }
}
