import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fitsK6, k6Version, onPath, usableCachedK6, wantedK6 } from './find-tools.mjs';
import { userCache } from './folders.mjs';
import { cachedK6, k6Sources } from './k6-cache.mjs';
import { downloadK6 } from './k6-release.mjs';
import { acquireLock } from './lock.mjs';
import { makePrivateFolder } from './private-cache.mjs';
import { lastLines, log, run, SetupError, step } from './progress.mjs';

/** k6: K6_PATH, else the PATH, else the user's cache, else the release, else built by Go. Another version is named and not used. */
export async function installK6() {
  if (process.env.K6_PATH) return explicitK6(process.env.K6_PATH);
  const installed = await onPath(['k6']);
  if (installed) {
    const version = await k6Version(installed);
    if (fitsK6(version)) return { path: installed, version, from: 'PATH' };
    log(`k6: ${installed} is ${version ?? 'no k6'} and is not used, ${wantedK6} is needed`);
  }
  const path = await cachedK6();
  await makePrivateFolder(userCache(), dirname(path));
  const cached = await usableCachedK6();
  if (cached) return { ...cached, from: 'cache', cached: true };

  // Every checkout of this user shares the cache: one builds, the others wait and then use it.
  const release = await acquireLock(`${dirname(path)}.lock`);
  try {
    const made = await usableCachedK6();
    return made ? { ...made, from: 'cache', cached: true } : { ...(await makeK6(path)), cached: true };
  } finally {
    await release();
  }
}

async function explicitK6(path) {
  const version = await k6Version(path);
  if (fitsK6(version)) return { path, version, from: 'K6_PATH' };
  throw new SetupError(`K6_PATH=${path} is ${version ?? 'no k6 that runs'}, ${wantedK6} is needed`, [
    'unset K6_PATH',
    `K6_PATH=/path/to/k6-${wantedK6}`,
  ]);
}

/** Made aside and renamed only once it has answered with its version: what stands at `path` is always whole. */
async function makeK6(path) {
  const folder = dirname(path);
  await removeUnfinished(folder);
  const aside = join(folder, `${unfinished}${process.pid}`);
  const program = join(aside, 'k6');
  await mkdir(aside, { mode: 0o700 });
  try {
    const from = (await downloadK6(program)) ? 'release' : await build(program);
    await chmod(program, 0o700);
    const version = await k6Version(program);
    if (!fitsK6(version))
      throw new SetupError(`the k6 of the ${from} is ${version ?? 'no k6 that runs'}, ${wantedK6} is needed`, [
        'K6_PATH=/path/to/k6',
      ]);
    await rename(program, path);
    return { path, version, from };
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

const unfinished = 'unfinished-';

/** What a killed set-up left. */
async function removeUnfinished(folder) {
  const names = (await readdir(folder)).filter((name) => name.startsWith(unfinished));
  await Promise.all(names.map((name) => rm(join(folder, name), { recursive: true, force: true })));
}

/** From the Go module proxy, pinned by scripts/setup/k6/go.sum. */
async function build(destination) {
  const next = [`install Go 1.25 or newer, or k6 ${wantedK6}`, 'K6_PATH=/path/to/k6'];
  const go = await onPath(['go'], ['/usr/local/go/bin']);
  if (!go)
    throw new SetupError('k6 was not found, its release cannot be reached, and there is no Go to build it', next);
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', destination, 'go.k6.io/k6/v2'];
  const env = { ...process.env, GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' };
  const result = await step('k6: building it with Go from pinned sources (about 90 s, once per user)', () =>
    run(go, args, { cwd: k6Sources, env }),
  );
  if (!result.ok) throw new SetupError(`k6 could not be built:\n${lastLines(result.stderr)}`, next);
  return 'go build';
}
