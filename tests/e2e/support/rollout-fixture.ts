import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RolloutEvent } from '../../../src/core/rollout/advance.ts';
import type { Sample } from '../../../src/core/rollout/observation.ts';
import type { RolloutPlan } from '../../../src/core/rollout/plan.ts';
import type { Status } from '../../../src/core/status.ts';
import { status } from '../../../src/flows/status.ts';
import { systemClock } from '../../../src/system/clock.ts';
import type { RouterSettings, RuntimeSettings } from '../../../src/core/drivers.ts';
import { type CommandOutcome, runCommand, type RunningCommand, startCommand } from './command.ts';
import { projectRoot, type RunningSandbox, startSandbox } from './running-sandbox.ts';
import { startUsers, type Users } from './users.ts';

/** The parts of a target file that a test reads or changes. */
export interface FixtureTarget {
  readonly environments: Readonly<Record<'blue' | 'green' | 'public', { readonly api: string }>>;
  readonly router: RouterSettings & { readonly socket: string };
  readonly runtime: RuntimeSettings;
}

export interface JournalLine {
  readonly type: string;
  readonly at: string;
  readonly event?: RolloutEvent;
  readonly plan?: RolloutPlan;
  readonly sample?: Sample;
}

/** A sandbox, users on its public address, and a target file with which a rollout takes seconds. */
export interface RolloutFixture extends AsyncDisposable {
  readonly sandbox: RunningSandbox;
  readonly target: FixtureTarget;
  readonly targetFile: string;
  readonly reports: string;
  readonly sloFile: string;
  readonly users: Users;
  readonly deploy: (args: readonly string[], env?: Record<string, string>) => Promise<CommandOutcome>;
  readonly startDeploy: (args: readonly string[], env?: Record<string, string>) => RunningCommand;
  readonly status: () => Promise<Status>;
  /** Another command on the same target. */
  readonly run: (verb: string, args: readonly string[]) => Promise<CommandOutcome>;
  readonly start: (verb: string, args: readonly string[]) => RunningCommand;
  /** Name of the newest rollout or watch. */
  readonly newestRun: () => string | undefined;
  /** The journal of the newest rollout or watch; empty where there is none. */
  readonly journal: () => JournalLine[];
  /** Writes another target file beside the first: the same target, other settings. */
  readonly variant: (settings: Readonly<Record<string, unknown>>) => Promise<string>;
  /** One line for each time that the migrations were applied. */
  readonly migrationLog: () => Promise<string[]>;
  /** Makes a migration pending again. */
  readonly forgetMigrations: () => Promise<void>;
  readonly control: (verb: string, part: string) => Promise<void>;
}

const migrationScript = `
const { appendFileSync, existsSync, writeFileSync, rmSync } = require('node:fs');
const [verb, folder] = process.argv.slice(2);
const mark = folder + '/migrated';
if (verb === 'status') console.log('001-test ' + (existsSync(mark) ? 'applied' : 'pending'));
if (verb === 'up') { appendFileSync(folder + '/migrations.log', 'up\\n'); writeFileSync(mark, ''); }
if (verb === 'down') rmSync(mark, { force: true });
`;

const quickRollout = {
  dwell: '600ms',
  holdBudget: '8s',
  warmUp: '0s',
  interval: '200ms',
  minimum: { requests: 3, payments: 1 },
  // A busy machine is slow; latency is no subject of these tests.
  latency: { interval: '200ms', sustained: '1m' },
  watch: { for: '2s' },
  // A busy machine may be late for seconds in a row.
  blind: { retryUpTo: '600ms', endAfter: '60s' },
  keepWarm: '1h',
  proof: '0s',
  synthetic: false,
  // A handful of requests proves nothing by the SOP's beta, and proofs are no subject of these tests.
  judge: { batch: '200ms', sample: { every: '200ms' }, beta: 0.99, literal: { window: '5s', confirm: '1s' } },
};

/** The objectives without payments, which the test's users do not make. */
const slos = `slos:
  - { id: latency-p95, title: Latency P95, clause: 3.2a, kind: latency, percentile: 95, below: 5s, minSamples: 5 }
  - { id: server-errors, title: 5xx rate, clause: 3.2d, kind: server-errors, below: 0.5 %, minSamples: 5, rollback: { clause: 4.1b, above: 1 % } }
`;

export async function openRolloutFixture(
  options: {
    readonly sandbox?: readonly string[];
    readonly usersPerSecond?: number;
    /** Whether a rollback restores flags and informs the doubles, which takes a second and a half. */
    readonly informs?: true;
    /** Over the quick settings of every target file of this fixture. */
    readonly rollout?: Readonly<Record<string, unknown>>;
  } = {},
): Promise<RolloutFixture> {
  const sandbox = await startSandbox('freetask@1.4.0', 'freetask@1.5.0', undefined, options.sandbox);
  const folder = await mkdtemp(join(tmpdir(), 'rollout-'));
  const reports = join(folder, 'reports');
  const script = join(folder, 'migrations.cjs');
  await writeFile(script, migrationScript);
  await writeFile(join(folder, 'slo.yaml'), slos);
  const written = JSON.parse(await readFile(join(sandbox.state, 'target.json'), 'utf8')) as FixtureTarget &
    Record<string, unknown>;
  const migrate = (verb: string) => [process.execPath, script, verb, folder];
  const { flags, incident, sentry, ...others } = written;
  const base = {
    ...others,
    ...(options.informs ? { flags, incident, sentry } : {}),
    readiness: { stableFor: '300ms', interval: '50ms', budget: '30s' },
    smoke: { budget: '20s', postman: join(import.meta.dirname, 'alive.postman_collection.json'), playwright: false },
    migrations: { driver: 'command', status: migrate('status'), up: migrate('up'), down: migrate('down') },
    store: { driver: 'folder', folder: reports },
    objectives: { inapplicable: { 'payment-success': 'the users of this fixture make no payments' } },
  };
  const quick = { ...quickRollout, ...options.rollout };
  let variants = 0;
  const variant = async (settings: Readonly<Record<string, unknown>>) => {
    const file = join(folder, `target-${variants++}.json`);
    await writeFile(
      file,
      JSON.stringify({ ...base, ...settings, rollout: { ...quick, ...(settings['rollout'] as object) } }),
    );
    return file;
  };
  const targetFile = await variant({});
  const users = startUsers(written.environments.public.api, options.usersPerSecond ?? 40);
  const withFlags = (args: readonly string[]) => [
    ...(args.includes('--target') ? [] : ['--target', targetFile]),
    '--slo',
    join(folder, 'slo.yaml'),
    ...args,
  ];
  const env = (more: Record<string, string> = {}) => ({ SHIPROOM_REPORTS: reports, TMPDIR: folder, ...more });

  // By the age of their folders: the names of two runs of one second are in no order.
  const newestRun = () =>
    existsSync(reports)
      ? readdirSync(reports)
          .filter((name) => /-(?:deploy|watch|release)-/.test(name))
          .toSorted((a, b) => statSync(join(reports, a)).birthtimeMs - statSync(join(reports, b)).birthtimeMs)
          .at(-1)
      : undefined;
  return {
    sandbox,
    target: written,
    targetFile,
    reports,
    sloFile: join(folder, 'slo.yaml'),
    users,
    variant,
    deploy: (args, more) => runCommand('deploy', withFlags(args), env(more)),
    run: (verb, args) => runCommand(verb, withFlags(args), env()),
    start: (verb, args) => startCommand(verb, withFlags(args), env()),
    startDeploy: (args, more) => startCommand('deploy', withFlags(args), env(more)),
    status: async () => {
      const stream = { isTty: false, color: false, columns: 120 };
      return status(
        { target: targetFile },
        {
          projectRoot,
          reportsRoot: reports,
          environment: { variables: process.env, cwd: projectRoot, stderr: stream, stdout: stream },
          clock: systemClock,
          random: randomUUID,
          signal: new AbortController().signal,
          listen: () => undefined,
        },
      );
    },
    newestRun,
    journal: () => {
      const run = newestRun();
      return run === undefined ? [] : readJournal(join(reports, run, 'journal.ndjson'));
    },
    migrationLog: async () =>
      ((await readFile(join(folder, 'migrations.log'), 'utf8').catch(() => '')) || '').split('\n').filter(Boolean),
    forgetMigrations: async () => {
      await rm(join(folder, 'migrated'), { force: true });
      await rm(join(folder, 'migrations.log'), { force: true });
    },
    control: async (verb, part) => {
      const control = spawnSync(process.execPath, ['sandbox/control.mjs', verb, part, '--state', sandbox.state], {
        cwd: projectRoot,
        encoding: 'utf8',
      });
      if (control.status !== 0) throw new Error(control.stderr);
    },
    [Symbol.asyncDispose]: async () => {
      await users.stop();
      await sandbox[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Whole lines only: the last one may be half written. */
export function readJournal(file: string): JournalLine[] {
  if (!existsSync(file)) return [];
  return readFileSync(file, 'utf8')
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as JournalLine);
}
