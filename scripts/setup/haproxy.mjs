import { installDebianPackage } from './debian.mjs';
import { findHaproxy } from './find-tools.mjs';
import { SetupError } from './progress.mjs';

/** The load balancer of the sandbox. */
export async function installHaproxy() {
  const found = await findHaproxy();
  if (found) return found;
  if (await installDebianPackage('haproxy', 'the sandbox’s load balancer is missing')) {
    const installed = await findHaproxy();
    if (installed) return installed;
  }
  throw new SetupError('HAProxy was not found, and it could not be installed', [
    process.platform === 'darwin' ? 'brew install haproxy' : 'sudo apt-get install haproxy',
    'export SHIPROOM_WITHOUT=haproxy   to do without it: only the sandbox needs it',
  ]);
}
