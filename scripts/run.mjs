// Runs a command, from a bundle of its sources that is renewed when one of them has changed.
//   node scripts/run.mjs verify --env green    scripts/verify.ts, or sandbox/main.ts for `sandbox`; sets up what is missing first
//   node scripts/run.mjs sandbox/main.ts …     a program by its path, without a set-up: what a command starts
//   node scripts/run.mjs --bundle              bundles only, for an installation that is not writable later
import { entryOf, listEntries } from './launch/entries.mjs';
import { launch, usableBundle } from './launch/launch.mjs';
import { bundleCache, projectRoot } from './setup/folders.mjs';
import { nodeIsNewEnough } from './setup/node-version.mjs';

/** They report what is missing, so they run without it. */
const withoutTools = new Set(['status', 'report', 'doctor']);

const [word = '', ...args] = process.argv.slice(2);
const entry = word === '--bundle' ? 'scripts/verify.ts' : entryOf(word);

async function isReady() {
  if (!nodeIsNewEnough()) return false;
  const known = listEntries(projectRoot);
  if (!known.includes(entry)) {
    process.stderr.write(`There is no command "${word}".\n  try: ${commandsIn(known).join(', ')}\n`);
    return false;
  }
  if (word.startsWith('--') || word === entry) return true;
  const { isSetUp } = await import('./setup/state.mjs');
  const packagesOnly = withoutTools.has(word);
  if (await isSetUp(packagesOnly)) return true;
  const { setUp } = await import('./setup/set-up.mjs');
  return setUp(packagesOnly);
}

/** What a user may type: files of scripts/ that are neither checks of this project nor shared by commands. */
const commandsIn = (known) => [
  ...known.flatMap((path) => /^scripts\/(?!check-|cli|schema)([a-z]+)\.ts$/.exec(path)?.[1] ?? []),
  'sandbox',
];

/** Prints what esbuild reports of a source that it cannot read: place and reason, without the stack of esbuild itself. */
async function printBuildErrors(error) {
  if (!Array.isArray(error?.errors)) throw error;
  const { formatMessages } = await import('esbuild');
  process.stderr.write((await formatMessages(error.errors, { kind: 'error', color: process.stderr.isTTY })).join(''));
}

const bundle =
  (await isReady()) && (await usableBundle({ cache: bundleCache, root: projectRoot, entry }).catch(printBuildErrors));
if (!bundle) process.exitCode = 2;
else if (word !== '--bundle') await launch(bundle, { root: projectRoot, entry, args });
