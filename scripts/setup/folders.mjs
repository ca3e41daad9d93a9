import { createHash } from 'node:crypto';
import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Not import.meta.dirname: a Node too old for it still has to read that it is too old. */
export const projectRoot = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');

/** Shared by all checkouts of this user: tools that take minutes to build. */
export function userCache(env = process.env) {
  if (env.SHIPROOM_TOOLS_DIR) return resolve(env.SHIPROOM_TOOLS_DIR);
  // The XDG specification says that a relative path is to be ignored.
  const xdg = env.XDG_CACHE_HOME;
  return join(xdg && isAbsolute(xdg) ? xdg : join(homedir(), '.cache'), 'shiproom');
}

/** Always in the checkout: bundled programs find the packages that are not bundled from there. */
export const bundleCache = join(projectRoot, 'node_modules/.cache/shiproom');

/** Belongs to this checkout alone, and is gone with its node_modules. src/config/tools.ts reads tools.json there. */
export const checkoutCache = (env = process.env) =>
  env.SHIPROOM_TOOLS_DIR ? resolve(env.SHIPROOM_TOOLS_DIR) : bundleCache;

/** In the user's cache: `npm ci` would remove a lock that lies in node_modules. */
export const setUpLock = () =>
  join(userCache(), `set-up-${createHash('sha256').update(projectRoot).digest('hex').slice(0, 16)}.lock`);
