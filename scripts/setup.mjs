// Sets up what is missing, and only that. No dependencies: it runs before there are any.
//   node scripts/setup.mjs                  everything
//   node scripts/setup.mjs --packages-only  npm packages, for verbs that tell what else is missing
// Environment: K6_PATH (the k6 to use), SHIPROOM_WITHOUT=haproxy,chromium,k6 (do without, for a target that needs none).
import { installChromium } from './setup/chromium.mjs';
import { installHaproxy } from './setup/haproxy.mjs';
import { installK6 } from './setup/k6.mjs';
import { lockSetup } from './setup/lock.mjs';
import { installPackages } from './setup/packages.mjs';
import { endRunning, SetupError } from './setup/progress.mjs';
import { isSetUp, leftOut, rememberTools, toolsFolder } from './setup/state.mjs';

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
  const unlock = await lockSetup(toolsFolder());
  try {
    if (await isSetUp(packagesOnly)) return;
    await installPackages();
    if (!packagesOnly) await installTools();
  } finally {
    await unlock();
  }
}

/** Every tool is tried before a failure is told, so that a person learns at once all that there is to type. */
async function installTools() {
  const installers = { k6: installK6, chromium: installChromium, haproxy: installHaproxy };
  const without = leftOut();
  const tools = {};
  const failures = [];
  for (const [name, install] of Object.entries(installers)) {
    if (without.includes(name)) continue;
    try {
      tools[name] = await install(toolsFolder());
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
  await rememberTools(tools);
}

function tell(error) {
  process.stderr.write(`\nset-up: ${error instanceof SetupError ? error.message : (error.stack ?? error)}\n`);
  for (const next of error.next ?? []) process.stderr.write(`  try: ${next}\n`);
}

// What set-up started is in process groups of its own, which a Ctrl-C does not reach.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.once(signal, () => {
    endRunning();
    process.kill(process.pid, signal);
  });
}

try {
  await main(process.argv.includes('--packages-only'));
} catch (error) {
  for (const each of error.errors ?? [error]) tell(each);
  process.exitCode = 2;
}
