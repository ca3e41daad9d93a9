import { createHash } from 'node:crypto';
import { access, mkdir, open, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { say, SetupError } from './progress.mjs';

export const projectRoot = resolve(import.meta.dirname, '../..');
export const toolsFolder = () => process.env.SHIPROOM_TOOLS_DIR ?? join(projectRoot, '.tools');

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
const toolsFile = () => join(toolsFolder(), 'tools.json');
const packagesStamp = join(projectRoot, 'node_modules/.shiproom-set-up');

const lockHash = async () =>
  createHash('sha256')
    .update(await readFile(join(projectRoot, 'package-lock.json')))
    .digest('hex');

/** npm packages as the lock file wants them. */
export async function packagesAreSetUp() {
  const stamp = await readFile(packagesStamp, 'utf8').catch(() => '');
  return stamp === (await lockHash());
}
export const rememberPackages = async () => writeFile(packagesStamp, await lockHash());

/** Whether there is nothing to do: the packages fit the lock file, and every tool is where it was found. */
export async function isSetUp(packagesOnly) {
  if (!(await packagesAreSetUp())) return false;
  if (packagesOnly) return true;
  const remembered = await readFile(toolsFile(), 'utf8').then(JSON.parse, () => undefined);
  if (!remembered || remembered.k6Path !== (process.env.K6_PATH ?? null)) return false;
  const paths = ['k6', 'chromium', 'haproxy'].map((name) => remembered[name]?.path);
  return (await Promise.all(paths.map((path) => (path === undefined ? Promise.resolve(false) : exists(path))))).every(
    Boolean,
  );
}

/** Written aside and renamed: a reader sees the old file or the new one. */
export async function rememberTools(tools) {
  await mkdir(toolsFolder(), { recursive: true });
  const aside = `${toolsFile()}.${process.pid}`;
  await writeFile(aside, `${JSON.stringify({ k6Path: process.env.K6_PATH ?? null, ...tools }, null, 2)}\n`);
  await rename(aside, toolsFile());
}

/** One set-up at a time; a lock whose process is gone is nobody's. */
export async function lockSetup() {
  await mkdir(toolsFolder(), { recursive: true });
  const path = join(toolsFolder(), 'set-up.lock');
  for (let waitedMs = 0; ; waitedMs += 250) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw new SetupError(`${path} cannot be written: ${error.message}`);
    }
    const owner = Number(await readFile(path, 'utf8').catch(() => ''));
    if (owner > 0 && !isAlive(owner)) await rm(path, { force: true });
    if (waitedMs === 0) say(`another set-up (process ${owner}) is at work; waiting for it`);
    await new Promise((wake) => setTimeout(wake, 250));
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}
