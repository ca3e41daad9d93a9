// `node scripts/setup/docker.mjs`: Debian's Docker engine and Compose, for the test of the docker-compose driver. Where they
// cannot be installed nothing is changed, and that test says `skipped, no engine`; so it always ends well.
import { installDebianPackage } from './debian.mjs';
import { onPath } from './find-tools.mjs';

for (const [program, debianPackage] of [
  ['dockerd', 'docker.io'],
  ['docker-compose', 'docker-compose'],
]) {
  if ((await onPath([program])) !== undefined) continue;
  const installed = await installDebianPackage(debianPackage, 'the docker-compose driver is tried on a real engine');
  if (!installed) process.stderr.write(`set-up: ${program} could not be installed; its test will be skipped\n`);
}
