import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { checkoutCache, projectRoot, userCache } from './folders.mjs';
import { cachedK6 } from './k6-cache.mjs';
import { isPrivateProgram } from './private-cache.mjs';

/** Tools that the user wants to do without, for a target that does not need them. */
export const leftOut = () => (process.env.SHIPROOM_WITHOUT ?? '').split(',').filter(Boolean);

const toolNames = ['k6', 'chromium', 'haproxy'];
const toolsFile = () => join(checkoutCache(), 'tools.json');
const packagesStamp = join(projectRoot, 'node_modules/.shiproom-set-up');

/** The lock file, and the system: packages with binaries of their own do not survive a move to another one. */
const packagesMark = async () =>
  createHash('sha256')
    .update(`${process.platform}-${process.arch} `)
    .update(await readFile(join(projectRoot, 'package-lock.json')))
    .digest('hex');

/** npm packages as the lock file wants them. */
export async function packagesAreSetUp() {
  const stamp = await readFile(packagesStamp, 'utf8').catch(() => '');
  return stamp === (await packagesMark());
}
export const rememberPackages = async () => writeFile(packagesStamp, await packagesMark());
/** Before npm touches the folder: a set-up that is killed half way must not look finished. */
export const forgetPackages = () => rm(packagesStamp, { force: true });

/** Whether there is nothing to do: the packages fit the lock file, and every tool is the one that was found. */
export async function isSetUp(packagesOnly) {
  if (!(await packagesAreSetUp())) return false;
  if (packagesOnly) return true;
  const remembered = await readFile(toolsFile(), 'utf8').then(JSON.parse, () => undefined);
  if (!remembered || remembered.k6Path !== (process.env.K6_PATH ?? null)) return false;
  const without = leftOut();
  const settled = toolNames.map(async (name) => {
    const tool = remembered[name];
    if (tool === undefined) return without.includes(name);
    return tool.mark === (await markOf(tool.path)) && (await mayRun(tool));
  });
  return (await Promise.all(settled)).every(Boolean);
}

/** A program of the user's cache has to be the one that this checkout pins, and still be private. */
async function mayRun({ path, cached }) {
  return !cached || (path === (await cachedK6()) && (await isPrivateProgram(userCache(), path)));
}

/** Tells a program from the one that was upgraded in its place and not yet asked for its version. */
const markOf = (path) =>
  stat(path).then(
    ({ size, mtimeMs }) => `${size} ${mtimeMs}`,
    () => undefined,
  );

/** Written aside and renamed: a reader gets the old file or the new one. */
export async function rememberTools(tools) {
  const marked = Object.entries(tools).map(async ([name, tool]) => [name, { ...tool, mark: await markOf(tool.path) }]);
  const facts = { k6Path: process.env.K6_PATH ?? null, ...Object.fromEntries(await Promise.all(marked)) };
  await mkdir(checkoutCache(), { recursive: true });
  const aside = `${toolsFile()}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify(facts, null, 2)}\n`);
  await rename(aside, toolsFile());
}
