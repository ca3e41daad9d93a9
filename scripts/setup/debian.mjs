import { mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath } from './find-tools.mjs';
import { userCache } from './folders.mjs';
import { makePrivateFolder } from './private-cache.mjs';
import { run, step } from './progress.mjs';

/** Installs a Debian package where that can be done without asking anybody: as root, or with sudo that wants no password. */
export async function installDebianPackage(name, why) {
  if ((await onPath(['apt-get'])) === undefined) return false;
  const asRoot = await rootCommand();
  if (!asRoot) return false;
  const install = () => run(...asRoot(['install', '-y', '--no-install-recommends', name]), { env });
  return step(`${name}: ${why}, installing Debian's package`, async () => {
    if ((await install()).ok) return true;
    // A machine whose package list is old or empty finds nothing at first.
    await run(...asRoot(['update']), { env });
    return (await install()).ok;
  });
}

const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };

/** apt-get as root, where that asks for no password; undefined where it does. */
async function rootCommand() {
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !(await run('sudo', ['-n', 'true'], { timeoutMs: 5000 })).ok) return undefined;
  return (args) => (isRoot ? ['apt-get', args] : ['sudo', ['-n', 'apt-get', ...args]]);
}

/** Unpacks a Debian package into a folder of the user's cache: nothing is installed, and no service is started. */
export async function unpackDebianPackage(name, folder, why) {
  if ((await onPath(['apt-get'])) === undefined || (await onPath(['dpkg-deb'])) === undefined) return false;
  return step(`${name}: ${why}, unpacking Debian's package`, async () => {
    await makePrivateFolder(userCache(), userCache());
    const aside = await mkdtemp(join(userCache(), `${name}-`));
    try {
      const download = () => run('apt-get', ['download', name], { cwd: aside, env });
      if (!(await download()).ok) {
        const asRoot = await rootCommand();
        if (asRoot) await run(...asRoot(['update']), { env });
        if (!(await download()).ok) return false;
      }
      const [archive] = (await readdir(aside)).filter((file) => file.endsWith('.deb'));
      const unpacked = join(aside, 'unpacked');
      if (!(await run('dpkg-deb', ['-x', join(aside, archive), unpacked])).ok) return false;
      // Another checkout may have unpacked it at the same time.
      await rename(unpacked, folder).catch(() => undefined);
      return true;
    } finally {
      await rm(aside, { recursive: true, force: true });
    }
  });
}
