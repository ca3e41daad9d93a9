import { join } from 'node:path';
import { unpackDebianPackage } from './debian.mjs';
import { findPrometheus } from './find-tools.mjs';
import { userCache } from './folders.mjs';
import { SetupError } from './progress.mjs';

/**
 * For the tests alone: a target that uses Prometheus has one of its own. Debian's package is unpacked and not installed, because
 * its installation would start a service.
 */
export async function installPrometheus() {
  const found = await findPrometheus();
  if (found) return found;
  if (await unpackDebianPackage('prometheus', join(userCache(), 'prometheus'), 'the tests of its source start one')) {
    const unpacked = await findPrometheus();
    if (unpacked) return unpacked;
  }
  throw new SetupError('Prometheus was not found, and Debian’s package could not be unpacked', [
    process.platform === 'darwin' ? 'brew install prometheus' : 'sudo apt-get update',
    'npx vitest run --exclude tests/contract/sources-prometheus.test.ts   to run the other tests',
  ]);
}
