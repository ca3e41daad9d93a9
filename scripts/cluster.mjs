// A real cluster in a network of its own.
//   node scripts/cluster.mjs test [vitest's arguments]   the tests of tests/cluster
//   node scripts/cluster.mjs up                          a cluster with FreeTask, until Ctrl-C
//   node scripts/cluster.mjs missing                     prints why the tests cannot run now; nothing where they can
import { spawn } from 'node:child_process';
import { findCluster } from './setup/cluster/find-cluster.mjs';
import { unfitMachine } from './setup/cluster/install-cluster.mjs';
import { projectRoot } from './setup/folders.mjs';
import { setUpCluster } from './setup/set-up.mjs';

const commands = {
  test: ['node_modules/vitest/vitest.mjs', 'run', '--config', 'vitest.cluster.config.ts'],
  up: ['node_modules/tsx/dist/cli.mjs', 'tests/cluster/up.ts'],
};

const [word = '', ...args] = process.argv.slice(2);
const command = commands[word];

if (word === 'missing') process.stdout.write(await missingParts());
else if (!command) {
  process.stderr.write(`There is no "${word}".\n  try: node scripts/cluster.mjs test|up|missing\n`);
  process.exitCode = 2;
} else if (await setUpCluster()) await start();
else process.exitCode = 2;

async function missingParts() {
  const { programs, missing } = await findCluster();
  const names = missing.map(({ name }) => name);
  return (await unfitMachine(programs)) ?? (names.length > 0 ? `${names.join(', ')} not found` : '');
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
