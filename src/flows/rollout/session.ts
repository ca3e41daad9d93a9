import { toolEnvironment } from '../../config/environment.ts';
import { chooseEnvironment, type Deployment, driversOf } from '../../config/target-file.ts';
import type { Emit } from '../../core/events.ts';
import type { TargetLock } from '../../journal/lock.ts';
import { targetKeyOf } from '../../journal/read-rollout.ts';
import { nameRun, openRunFolder, type RunFolder } from '../../journal/run-folder.ts';
import { createDrivers } from '../drivers.ts';
import { writeReport } from '../conclude.ts';
import type { Flow } from '../flow.ts';
import type { Settings } from '../prepare.ts';
import type { RunSecrets } from '../run-secrets.ts';
import { systemInstruments } from './instruments.ts';
import type { RolloutContext } from './run.ts';

/** What one command needs to run a rollout of one target: the target locked, and the means to record and report it. */
export interface RolloutSession {
  readonly deployment: Pick<Deployment, 'name' | 'kind' | 'releases'>;
  readonly targetKey: string;
  readonly lock: TargetLock;
  /** The context of a run that is recorded in the folder at `path`. */
  readonly contextFor: (path: string, emit: Emit) => RolloutContext;
  /** A new run's folder, or that of an earlier run. */
  readonly openFolder: (runId?: string) => Promise<RunFolder>;
  readonly writeReport: typeof writeReport;
}

export const newRunFolder = (flow: Flow, mask: RunSecrets['mask']): Promise<RunFolder> => {
  const now = () => new Date(flow.clock.now());
  return openRunFolder(flow.reportsRoot, nameRun('deploy', 'release', now(), flow.random()), mask, now);
};

interface TargetFile {
  readonly file: string;
  readonly deployment: Deployment;
}

export const keyOfTarget = ({ file, deployment }: TargetFile): string =>
  targetKeyOf(deployment.name, driversOf(file, deployment).router);

/** Opens the drivers of a target. Throws UserError where its file names no router or no runtime. */
export function openSession(
  { file, deployment }: TargetFile,
  parts: {
    readonly settings: Pick<Settings, 'slos' | 'profiles' | 'tools'>;
    readonly lock: TargetLock;
    readonly secrets: RunSecrets;
    readonly early: RunFolder | undefined;
  },
  flow: Flow,
): RolloutSession {
  const { settings, lock, secrets, early } = parts;
  const { mask, sessionsFile } = secrets;
  const shared = {
    drivers: createDrivers(file, deployment, flow),
    instruments: systemInstruments,
    targetOf: (environment: 'blue' | 'green') => chooseEnvironment(file, deployment, environment),
    slos: settings.slos,
    profiles: settings.profiles,
    tools: settings.tools,
    clock: flow.clock,
    signal: flow.signal,
    sessionsFile,
    learnSecrets: secrets.learn,
  };
  const runner = {
    projectRoot: flow.projectRoot,
    toolEnv: toolEnvironment(flow.environment.variables, deployment.env),
    signal: flow.signal,
    mask,
  };
  return {
    deployment,
    targetKey: keyOfTarget({ file, deployment }),
    lock,
    contextFor: (path, emit) => ({ ...shared, emit, runner: { ...runner, runFolder: path, emit } }),
    openFolder: async (runId) => {
      if (runId !== undefined) return openRunFolder(flow.reportsRoot, runId, mask, () => new Date(flow.clock.now()));
      // Closed by the command that opened it, after the target's log was written to its end.
      return early ? { ...early, [Symbol.asyncDispose]: async () => undefined } : newRunFolder(flow, mask);
    },
    writeReport,
  };
}
