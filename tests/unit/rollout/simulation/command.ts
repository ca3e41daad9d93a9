import { mkdtemp, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ToolError, UserError } from '../../../../src/core/errors.ts';
import type { RunEvent } from '../../../../src/core/events.ts';
import type { RolloutSettings } from '../../../../src/core/rollout/settings.ts';
import type { RunResult } from '../../../../src/core/run-result.ts';
import type { Flow } from '../../../../src/flows/flow.ts';
import { dispatch } from '../../../../src/flows/rollout/dispatch.ts';
import { dispatchRollback } from '../../../../src/flows/rollback.ts';
import type { DeployOptions } from '../../../../src/flows/rollout/options.ts';
import type { RollbackOptions } from '../../../../src/flows/rollout/rollback-options.ts';
import type { RolloutContext } from '../../../../src/flows/rollout/run.ts';
import type { RolloutSession } from '../../../../src/flows/rollout/session.ts';
import { openStore } from '../../../../src/journal/index.ts';
import { latestRollout, type PastRollout } from '../../../../src/journal/read-rollout.ts';
import { nameRun, openRunFolder, type RunFolder } from '../../../../src/journal/run-folder.ts';
import { settings as sopSettings, slos } from '../samples.ts';
import { type CrashPoint, type SimulatedProcess, startProcess } from './crash.ts';
import { driversOf, killable, limited, simulatedTargetOf, sleepIn } from './effects.ts';
import type { PreflightContext } from '../../../../src/flows/preflight/context.ts';
import { simulateReleaseServices, simulateRelease } from './release-services.ts';
import { simulateInstruments } from './instruments.ts';
import type { SimulatedTarget } from './target.ts';

const targetKey = 'simulated';

/** Quick: one observation a stage. Time is simulated, and the numbers matter for the length of the journal alone. */
export const quickSettings: RolloutSettings = {
  ...sopSettings,
  stages: [10, 100],
  dwellMs: 1000,
  holdBudgetMs: 5000,
  warmUpMs: 0,
  intervalMs: 1000,
  minimum: { requests: 3, payments: 1 },
  latency: { intervalMs: 1000, sustainedMs: 5000 },
  watch: { forMs: 3000 },
  judge: {
    ...sopSettings.judge,
    batchMs: 1000,
    batches: { rollback: 1, hold: 1, latency: 5 },
    literal: { windowMs: 5000, confirmMs: 2000 },
  },
};

export type CommandOutcome =
  | { readonly kind: 'killed' }
  | { readonly kind: 'planned' }
  | { readonly kind: 'refused'; readonly error: UserError }
  /** Ended by a tool or a disk: the command's exit code is that of HOLD. */
  | { readonly kind: 'failed'; readonly error: ToolError }
  | { readonly kind: 'ended'; readonly result: RunResult };

/** A simulated target with a reports folder on a real file system, and commands that can be killed at any effect. */
export interface Simulation extends AsyncDisposable {
  readonly target: SimulatedTarget;
  readonly reportsRoot: string;
  readonly run: (
    options: DeployOptions | { readonly rollback: RollbackOptions },
    how?: RunOptions,
  ) => Promise<CommandOutcome & { process: SimulatedProcess }>;
  readonly rollout: () => Promise<PastRollout | undefined>;
  readonly lockIsHeld: () => boolean;
}

export interface RunOptions {
  readonly crash?: CrashPoint;
  readonly settings?: RolloutSettings;
  readonly signal?: AbortSignal;
  readonly listen?: (event: RunEvent) => void;
  /** From then on no line of the journal can be written. */
  readonly linesUntilFull?: number;
  /** Whether another command has taken the lock meanwhile. */
  readonly lockIsLost?: () => boolean;
  /** Another checkout: a reports folder of its own, and the same store. */
  readonly checkout?: string;
  readonly kind?: RolloutSession['deployment']['kind'];
  /** The settings of router and runtime in the target file. */
  readonly driverSettings?: Readonly<Record<string, string>>;
  /** Drivers or instruments that behave otherwise. */
  readonly change?: (context: RolloutContext) => RolloutContext;
}

/** In memory where the machine has such a folder: the disk itself is not under test. */
const temporary = existsSync('/dev/shm') ? '/dev/shm' : tmpdir();

export async function openSimulation(target: SimulatedTarget): Promise<Simulation> {
  const reportsRoot = await mkdtemp(join(temporary, 'rollout-'));
  const opened: RunFolder[] = [];
  let holder: SimulatedProcess | undefined;
  let runs = 0;

  const run: Simulation['run'] = async (options, how = {}) => {
    const process = startProcess(how.crash);
    const takenOver = holder !== undefined;
    if (holder?.isAlive()) throw new Error('two commands at once');
    holder = process;
    const flow = flowOf({
      target,
      process,
      reportsRoot: join(reportsRoot, how.checkout ?? ''),
      random: () => String(runs++).padStart(4, '0'),
      ...how,
    });
    const store = openStore({ driver: 'folder', folder: reportsRoot }, targetKey);
    const lock: RolloutSession['lock'] = {
      ...(takenOver ? { takenOverFrom: deadOwner } : {}),
      hold: async () => {
        if (holder !== process || how.lockIsLost?.())
          throw new UserError('Another command has taken the lock of this target.');
      },
      [Symbol.asyncDispose]: async () => undefined,
    };
    const session = sessionOf({ target, process, flow, store, lock, opened, how });
    const started =
      'rollback' in options
        ? dispatchRollback(options.rollback, session, flow)
        : dispatch(options, session, async () => how.settings ?? quickSettings, flow);
    const work = started.then(
      (deployed): CommandOutcome =>
        deployed.kind === 'planned' ? { kind: 'planned' } : { kind: 'ended', result: deployed.result },
      (error: unknown): CommandOutcome => {
        if (error instanceof UserError) return { kind: 'refused', error };
        if (error instanceof ToolError) return { kind: 'failed', error };
        throw error;
      },
    );
    const outcome = await Promise.race([work, process.died.then((): CommandOutcome => ({ kind: 'killed' }))]);
    if (process.isAlive()) holder = undefined;
    for (const folder of opened.splice(0)) await folder[Symbol.asyncDispose]();
    await store[Symbol.asyncDispose]();
    return { ...outcome, process };
  };
  return {
    target,
    reportsRoot,
    run,
    rollout: () => latestRollout(openStore({ driver: 'folder', folder: reportsRoot }, targetKey), reportsRoot),
    lockIsHeld: () => holder !== undefined,
    [Symbol.asyncDispose]: () => rm(reportsRoot, { recursive: true, force: true }),
  };
}

const deadOwner = {
  owner: { token: '', owner: 'a test', host: '', pid: 1, reason: '', since: 0 },
  because: 'its process is gone',
};

function flowOf(parts: {
  readonly target: SimulatedTarget;
  readonly process: SimulatedProcess;
  readonly reportsRoot: string;
  readonly random: () => string;
  readonly signal?: AbortSignal;
  readonly listen?: (event: RunEvent) => void;
}): Flow {
  const { target, process, reportsRoot, random } = parts;
  const stream = { isTty: false, color: false, columns: 120 };
  return {
    projectRoot: '/',
    reportsRoot,
    environment: { variables: {}, cwd: '/', stderr: stream, stdout: stream },
    clock: {
      now: () => target.nowMs,
      monotonic: () => target.nowMs,
      sleep: async (ms, signal) => {
        if (!signal?.aborted) await sleepIn(target, process, ms);
      },
    },
    random,
    signal: parts.signal ?? new AbortController().signal,
    listen: parts.listen ?? (() => undefined),
  };
}

function sessionOf(parts: {
  readonly target: SimulatedTarget;
  readonly process: SimulatedProcess;
  readonly flow: Flow;
  readonly store: RolloutSession['store'];
  readonly lock: RolloutSession['lock'];
  readonly opened: RunFolder[];
  readonly how: RunOptions;
}): RolloutSession {
  const { target, process, flow, store, lock, opened, how } = parts;
  const change = how.change ?? ((context) => context);
  return {
    deployment: { name: 'simulated', kind: how.kind ?? 'embedded', releases: [] },
    store,
    driverSettings: how.driverSettings ?? {},
    lock,
    contextFor: (path, emit) => {
      const runner = {
        runFolder: path,
        projectRoot: '/',
        toolEnv: {},
        signal: flow.signal,
        emit,
        mask: (text: string) => text,
      };
      return change({
        drivers: driversOf(target, process),
        instruments: simulateInstruments(target),
        targetOf: simulatedTargetOf,
        stickyUsers: false,
        slos,
        services: simulateReleaseServices(target, process),
        profiles: { users: [], patienceMs: 0, mix: {}, profiles: {} },
        tools: {},
        clock: flow.clock,
        signal: flow.signal,
        emit,
        runner,
        sessionsFile: '',
        variables: {},
        learnSecrets: async () => undefined,
      });
    },
    openFolder: async (runId) => {
      const now = () => new Date(flow.clock.now());
      const id = runId ?? nameRun('deploy', 'release', now(), flow.random());
      const folder = await openRunFolder({
        reportsRoot: flow.reportsRoot,
        runId: id,
        mask: (text) => text,
        now,
        store,
      });
      opened.push(folder);
      return killable(limited(folder, how.linesUntilFull), process, now);
    },
    preflight: ({ release, target: asked, context }) => ({
      ...context,
      file: '',
      deployment: {} as PreflightContext['deployment'],
      target: asked,
      release,
      store,
    }),
    ...simulateRelease(target, process),
    // The pages are no part of what a command continues from.
    writeReport: async (folder, result, evidence) => {
      await folder.writeJson('evidence.json', evidence);
      await folder.writeJson('verdict.json', result);
    },
  };
}
