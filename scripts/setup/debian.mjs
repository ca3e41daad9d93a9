import { onPath } from './find-tools.mjs';
import { run, step } from './progress.mjs';

/** Installs a Debian package where that can be done without asking anybody: as root, or with sudo that wants no password. */
export async function installDebianPackage(name, why) {
  if ((await onPath(['apt-get'])) === undefined) return false;
  const isRoot = process.getuid?.() === 0;
  if (!isRoot && !(await run('sudo', ['-n', 'true'], { timeoutMs: 5000 })).ok) return false;
  const asRoot = (args) => (isRoot ? ['apt-get', args] : ['sudo', ['-n', 'apt-get', ...args]]);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const install = () => run(...asRoot(['install', '-y', '--no-install-recommends', name]), { env });
  return step(`${name}: ${why}, installing Debian's package`, async () => {
    if ((await install()).ok) return true;
    // A machine whose package list is old or empty finds nothing at first.
    await run(...asRoot(['update']), { env });
    return (await install()).ok;
  });
}
