import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { type AppDefectName, appDefects, breakApp, isAppDefect } from './app/defects.ts';
import { startControl } from './fleet/control.ts';
import { type Fleet, startFleet } from './fleet/fleet.ts';
import { type Release, releases } from './releases.ts';
import { targetOf } from './target.ts';

interface Options {
  readonly blue: Release;
  readonly green: Release | undefined;
  readonly instances: number;
  readonly affinity: 'none' | 'cookie';
  readonly state: string;
  readonly appDefect?: AppDefectName;
  readonly withProcess?: number;
  readonly list?: boolean;
  readonly json?: boolean;
}

class UsageError extends Error {}

const known = (name: string): Release => {
  const found = releases.find((release) => release.name === name || release.name.endsWith(`-${name}`));
  if (found) return found;
  throw new InvalidArgumentError(
    `There is no such release. Known: ${releases.map((release) => release.name).join(', ')}`,
  );
};
const knownOrNone = (name: string): Release | undefined => (name === 'none' ? undefined : known(name));
const count = (text: string): number => {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 8) return value;
  throw new InvalidArgumentError('1 to 8');
};

const appDefect = (name: string): AppDefectName => {
  if (isAppDefect(name)) return name;
  throw new InvalidArgumentError(`There is no such defect. Known: ${Object.keys(appDefects).join(', ')}`);
};

const program = new Command('sandbox')
  .description(
    'A whole FreeTask on this machine: PostgreSQL, two colours of the API behind HAProxy, a web client, and doubles of the services around it.',
  )
  .addOption(
    new Option('--blue <release>', 'release of the live colour')
      .argParser(known)
      .default(known('freetask@1.4.0'), 'freetask@1.4.0'),
  )
  .addOption(
    new Option('--green <release>', 'release of the idle colour, or none')
      .argParser(knownOrNone)
      .default(known('freetask@1.5.0'), 'freetask@1.5.0'),
  )
  .option('--instances <n>', 'instances a colour', count, 1)
  .addOption(
    new Option('--affinity <how>', 'whether a user stays with the server of the first answer')
      .choices(['none', 'cookie'])
      .default('none'),
  )
  .option('--state <folder>', 'folder of its state and of target.json', '.sandbox')
  .option('--app-defect <name>', 'what is wrong with the app or the API that a preflight checks and builds', appDefect)
  .option('--with-process <pid>', 'stop when that process has ended', Number)
  .option('--list', 'list the releases that it can run, and what is wrong with each')
  .option('--json', 'with --list: as JSON')
  .allowExcessArguments(false)
  .showSuggestionAfterError()
  .exitOverride();

try {
  program.parse();
  const options = program.opts<Options>();
  if (options.list) process.stdout.write(options.json ? `${JSON.stringify(releases, null, 2)}\n` : listing());
  else await runSandbox(options);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : 2;
  else {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = error instanceof UsageError ? 2 : 1;
  }
}

async function runSandbox(options: Options): Promise<void> {
  const startedAt = Date.now();
  const log = (text: string) =>
    process.stderr.write(`${((Date.now() - startedAt) / 1000).toFixed(1).padStart(5)} s  ${text}\n`);
  const stopping = whenToStop(options.withProcess);
  const state = resolve(options.state);
  const targetFile = join(state, 'target.json');
  await claim(targetFile, state);

  const fleet = await startFleet({
    state,
    releases: options,
    instancesPerColour: options.instances,
    affinity: options.affinity,
    log,
  });
  if (options.appDefect !== undefined) await breakApp(state, options.appDefect);
  const control = await startControl(fleet);
  try {
    await writeFile(join(state, 'sandbox.json'), JSON.stringify(ownFacts(fleet, control), null, 2), { mode: 0o600 });
    await writeFile(join(state, 'flags.json'), JSON.stringify(firstFlags(), null, 2), { mode: 0o644 });
    await writeFile(`${targetFile}.part`, JSON.stringify(targetOf(fleet, options.affinity, state), null, 2), {
      mode: 0o600,
    });
    await rename(`${targetFile}.part`, targetFile);
    log('ready');
    process.stdout.write(addresses(fleet, options));
    await stopping;
    log('stopping');
  } finally {
    await rm(targetFile, { force: true });
    await control.stop();
    await fleet.stop();
    log('stopped');
  }
}

/** In flagd's format; nothing in the sandbox reads them. */
function firstFlags(): object {
  return {
    $schema: 'https://flagd.dev/schema/v0/flags.json',
    flags: {
      'chat-typing': { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'on' },
      'escrow-two-steps': { state: 'ENABLED', variants: { on: true, off: false }, defaultVariant: 'off' },
    },
  };
}

/** One sandbox for each state folder: two would overwrite each other's addresses. The file of a dead one is removed. */
async function claim(targetFile: string, state: string): Promise<void> {
  const pid = await readFile(targetFile, 'utf8').then(
    (text) => (JSON.parse(text) as { pid: number }).pid,
    () => undefined,
  );
  if (pid !== undefined && isAlive(pid)) {
    throw new UsageError(
      `The sandbox of process ${pid} is running in ${state}. Stop it, or name another folder with --state.`,
    );
  }
  await rm(targetFile, { force: true });
  // The rollouts of a sandbox that is gone are no rollouts of this one.
  await rm(join(state, 'store'), { recursive: true, force: true });
  await mkdir(state, { recursive: true });
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** Ctrl-C, SIGTERM, or the end of the process given by --with-process. */
function whenToStop(withProcess: number | undefined): Promise<void> {
  return new Promise((stop) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop());
    if (withProcess !== undefined) setInterval(() => !isAlive(withProcess) && stop(), 500).unref();
  });
}

function ownFacts(fleet: Fleet, control: { address: string; token: string }): object {
  return {
    pid: process.pid,
    databaseUrl: fleet.databaseUrl,
    haproxy: { socket: fleet.haproxySocket, stats: fleet.statsAddress },
    doubles: fleet.recorder.address,
    control: { address: control.address, token: control.token },
    instances: fleet.places.filter(({ surge }) => !surge),
  };
}

function addresses(fleet: Fleet, options: Options): string {
  return `
FreeTask is running.
  public   ${fleet.publicAddress}   the load balancer; all traffic goes to blue
  blue     ${fleet.addressOf('blue')}   ${options.blue.name}
  green    ${fleet.addressOf('green')}   ${options.green?.name ?? 'empty'}
  doubles  ${fleet.recorder.address}   requests to Sentry, Slack, GitHub and Crashlytics: /_recorded
  HAProxy  ${fleet.statsAddress}

Each address serves the web client too: log in as client, client2, freelancer or freelancer2 at example.com.
Ctrl-C stops everything.
`;
}

function listing(): string {
  const rows = releases.map(({ name, description, clauses }) => [name, clauses.join(' ') || '-', description]);
  const table = [['release', 'clauses', 'what is right or wrong with it'], ...rows];
  const width = (column: number) => Math.max(...table.map((row) => row[column]?.length ?? 0));
  return table
    .map(([name = '', clauses = '', what = '']) => `${name.padEnd(width(0))}  ${clauses.padEnd(width(1))}  ${what}\n`)
    .join('');
}
