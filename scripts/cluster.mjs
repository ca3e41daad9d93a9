// A real cluster in a network of its own.
//   node scripts/cluster.mjs test [vitest's arguments]   the tests of tests/cluster
//   node scripts/cluster.mjs up                          a cluster with FreeTask, until Ctrl-C
// `--if-built` does nothing but print why where something is missing.
import { spawn } from 'node:child_process';
import { findCluster } from './setup/cluster/find-cluster.mjs';
import { unfitMachine } from './setup/cluster/install-cluster.mjs';
import { projectRoot } from './setup/folders.mjs';
import { setUpCluster } from './setup/set-up.mjs';

const commands = {
  test: ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.cluster.config.ts'],
  up: ['node_modules/tsx/dist/cli.mjs', 'tests/cluster/up.ts'],
};

const ifBuilt = process.argv.includes('--if-built');
const [word = '', ...args] = process.argv.slice(2).filter((each) => each !== '--if-built');
const command = commands[word];

if (!command) {
  process.stderr.write(`There is no "${word}".\n  try: node scripts/cluster.mjs test, node scripts/cluster.mjs up\n`);
  process.exitCode = 2;
} else if (ifBuilt) await startIfBuilt();
else if (await setUpCluster()) await start();
else process.exitCode = 2;

/** Nothing is built here: a gate has no ten minutes for it. */
async function startIfBuilt() {
  const missing = (await findCluster()).missing.map(({ name }) => name);
  const why = unfitMachine() ?? (missing.length > 0 ? `missing: ${missing.join(', ')}` : undefined);
  if (why === undefined) return start();
  process.stdout.write(`cluster tests did not run: ${why}; npm run test:cluster builds what they need\n`);
}

async function start() {
  const { programs } = await findCluster();
  const network = ['--net', '--', 'sh', 'tests/cluster/support/network.sh'];
  const child = spawn(programs.unshare, [...network, process.execPath, ...command, ...args], {
    cwd: projectRoot,
    stdio: 'inherit',
  });
  // Ctrl-C reaches the whole process group; this process only waits for the end of what it started.
  for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  child.on('exit', (code, signal) => (process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 1)));
}
