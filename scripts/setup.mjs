// Sets up what is missing, and only that. No dependencies: it runs before there are any.
//   node scripts/setup.mjs                  everything
//   node scripts/setup.mjs --packages-only  npm packages, for verbs that tell what else is missing
import { installChromium } from './setup/chromium.mjs';
import { installHaproxy } from './setup/haproxy.mjs';
import { installK6 } from './setup/k6.mjs';
import { installPackages } from './setup/packages.mjs';
import { SetupError } from './setup/progress.mjs';
import { isSetUp, lockSetup, rememberTools, toolsFolder } from './setup/state.mjs';

const wantedNode = [20, 19];

async function main(packagesOnly) {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < wantedNode[0] || (major === wantedNode[0] && minor < wantedNode[1])) {
    throw new SetupError(`Node ${process.versions.node} is too old: ${wantedNode.join('.')} or newer is needed`, [
      'install a newer Node, for example with nvm: nvm install',
    ]);
  }
  if (await isSetUp(packagesOnly)) return;
  // Two set-ups at once would install over each other; the second waits, and then finds nothing left to do.
  const unlock = await lockSetup();
  try {
    if (await isSetUp(packagesOnly)) return;
    await installPackages();
    if (packagesOnly) return;
    const folder = toolsFolder();
    const k6 = await installK6(folder);
    const chromium = await installChromium();
    const haproxy = await installHaproxy();
    await rememberTools({ k6, chromium, haproxy });
  } finally {
    await unlock();
  }
}

try {
  await main(process.argv.includes('--packages-only'));
} catch (error) {
  process.stderr.write(`\nset-up: ${error instanceof SetupError ? error.message : (error.stack ?? error)}\n`);
  for (const next of error.next ?? []) process.stderr.write(`  try: ${next}\n`);
  process.exitCode = 2;
}
