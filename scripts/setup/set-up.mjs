import { installChromium } from './chromium.mjs';
import { installCluster } from './cluster/install-cluster.mjs';
import { setUpLock } from './folders.mjs';
import { installHaproxy } from './haproxy.mjs';
import { installK6 } from './k6.mjs';
import { acquireLock } from './lock.mjs';
import { installPackages } from './packages.mjs';
import { killRunning, SetupError } from './progress.mjs';
import { installPrometheus } from './prometheus.mjs';
import { isSetUp, leftOut, rememberTools } from './state.mjs';

/**
 * Installs what is missing, and only that. False where something is still missing; stderr then says what, and what to type.
 * @param {boolean} packagesOnly npm packages alone, for commands that report which tools are missing
 */
export const setUp = (packagesOnly) => interruptibly(() => install(packagesOnly));

/** What `npm run test:cluster` starts. False where something is missing; stderr then says what, and what to type. */
export const setUpCluster = () => interruptibly(installCluster);

async function interruptibly(act) {
  // What set-up starts is in process groups of its own, which a Ctrl-C does not reach.
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const onSignal = (signal) => {
    killRunning();
    for (const each of signals) process.off(each, onSignal);
    process.kill(process.pid, signal);
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    await act();
    return true;
  } catch (error) {
    for (const each of error.errors ?? [error]) report(each);
    return false;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}

async function install(packagesOnly) {
  // Two set-ups at once would install over each other; the second waits, and then finds nothing left to do.
  const release = await acquireLock(setUpLock());
  try {
    if (await isSetUp(packagesOnly)) return;
    await installPackages();
    if (!packagesOnly) await installTools();
  } finally {
    await release();
  }
}

/** Every tool is tried before a failure is reported, so that the user learns at once all that there is to type. */
async function installTools() {
  const installers = { k6: installK6, chromium: installChromium, haproxy: installHaproxy };
  const without = leftOut();
  const tools = {};
  const failures = [];
  for (const [name, installTool] of Object.entries(installers)) {
    if (without.includes(name)) continue;
    try {
      tools[name] = await installTool();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures);
  await rememberTools(tools);
}

/** What only the tests start. False where it is missing. */
export async function setUpForTests() {
  try {
    if (!leftOut().includes('prometheus')) await installPrometheus();
    return true;
  } catch (error) {
    report(error);
    return false;
  }
}

function report(error) {
  process.stderr.write(`\nset-up: ${error instanceof SetupError ? error.message : (error.stack ?? error)}\n`);
  for (const next of error.next ?? []) process.stderr.write(`  try: ${next}\n`);
}
