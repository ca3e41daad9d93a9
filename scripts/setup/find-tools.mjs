import { constants } from 'node:fs';
import { access, readdir } from 'node:fs/promises';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import { userCache } from './folders.mjs';
import { cachedK6 } from './k6-cache.mjs';
import { isPrivateProgram } from './private-cache.mjs';
import { run } from './progress.mjs';

export const wantedK6 = '2.2';

const executable = (path) =>
  access(path, constants.X_OK).then(
    () => true,
    () => false,
  );

/** The first of the names on the PATH, or in one of the folders where systems hide it. */
export const onPath = async (names, moreFolders = []) => (await allOnPath(names, moreFolders))[0];

async function allOnPath(names, moreFolders) {
  const folders = [...(process.env.PATH ?? '').split(delimiter).filter(Boolean), ...moreFolders];
  return executables(names.flatMap((name) => folders.map((folder) => join(folder, name))));
}

async function executables(paths) {
  const found = await Promise.all(paths.map(executable));
  return paths.filter((_, index) => found[index]);
}

/** The version that a program prints; undefined where the pattern does not match or it does not run. */
export async function versionOf(path, args, pattern) {
  const result = await run(path, args, { timeoutMs: 10_000 });
  return pattern.exec(result.stdout + result.stderr)?.[1];
}

export const k6Version = (path) => versionOf(path, ['version'], /k6(?:\.exe)? v?(\d+\.\d+\.\d+)/);
export const fitsK6 = (version) => version !== undefined && version.startsWith(`${wantedK6}.`);

/**
 * The first fitting k6 of K6_PATH, the PATH and the user's cache; nothing is installed.
 * @returns {Promise<{ path: string, version: string } | undefined>}
 */
export async function findK6() {
  const path = process.env.K6_PATH ?? (await onPath(['k6']));
  const version = path && (await k6Version(path));
  if (fitsK6(version)) return { path, version };
  return process.env.K6_PATH ? undefined : usableCachedK6();
}

/** The k6 of the user's cache, if it is whole, of the wanted version, and no other user could have put it there. */
export async function usableCachedK6() {
  const path = await cachedK6();
  if (!(await isPrivateProgram(userCache(), path))) return undefined;
  const version = await k6Version(path);
  return fitsK6(version) ? { path, version } : undefined;
}

/** Playwright's own browser where it was downloaded, else the system's. One that does not run is skipped. */
export async function findChromium() {
  const names = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'Google Chrome', 'Chromium'];
  const candidates = [
    ...(await playwrightBuilds()).map((path) => ({ path, from: 'Playwright' })),
    ...(await allOnPath(names, macFolders)).map((path) => ({ path, from: 'the system' })),
  ];
  for (const { path, from } of candidates) {
    const version = await versionOf(path, ['--version'], /(\d+\.\d+\.\d+\.\d+)/);
    if (version !== undefined) return { path, version, from };
  }
  return undefined;
}

const macFolders = ['/Applications/Google Chrome.app/Contents/MacOS', '/Applications/Chromium.app/Contents/MacOS'];

async function playwrightBuilds() {
  const cache =
    process.env.PLAYWRIGHT_BROWSERS_PATH ??
    join(homedir(), process.platform === 'darwin' ? 'Library/Caches' : '.cache', 'ms-playwright');
  const inside = ['chrome-linux/chrome', 'chrome-linux64/chrome', 'chrome-mac/Chromium.app/Contents/MacOS/Chromium'];
  const revision = (build) => Number(/^chromium-(\d+)$/.exec(build)?.[1]);
  const builds = (await readdir(cache).catch(() => [])).filter(revision);
  const newestFirst = builds.toSorted((one, other) => revision(other) - revision(one));
  return executables(newestFirst.flatMap((build) => inside.map((each) => join(cache, build, each))));
}

/** Debian keeps it in /usr/sbin, which is not on every user's PATH. */
export async function findHaproxy() {
  const path = await onPath(['haproxy'], ['/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin']);
  const version = path && (await versionOf(path, ['-v'], /version (\d+\.\d+[\w.-]*)/));
  return version ? { path, version, from: 'the system' } : undefined;
}

/** The system's, or the one that set-up unpacked for the tests. */
export async function findPrometheus() {
  const unpacked = join(userCache(), 'prometheus/usr/bin/prometheus');
  const path =
    (await onPath(['prometheus'], ['/opt/homebrew/bin'])) ??
    ((await isPrivateProgram(userCache(), unpacked)) ? unpacked : undefined);
  const version = path && (await versionOf(path, ['--version'], /version (\d+\.\d+[\w.+-]*)/));
  return version ? { path, version } : undefined;
}
