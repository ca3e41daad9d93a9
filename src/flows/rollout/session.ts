import { readSessions } from '../../sources/sentry.ts';
import { applicableSlos, type Slo } from '../../core/slo.ts';
import type { EnvironmentName, Target } from '../../core/target.ts';
import { announcementsOf } from '../../config/announcements.ts';
import { toolEnvironment } from '../../config/environment.ts';
import { chooseEnvironment, type Deployment } from '../../config/target-file.ts';
import type { Emit } from '../../core/events.ts';
import type { Attestation } from '../../core/crashes.ts';
import { maskValue } from '../../core/redact.ts';
import type { TargetStore } from '../../journal/index.ts';
import type { TargetLock } from '../../journal/lock.ts';
import { nameRun, openRunFolder, type RunFolder } from '../../journal/run-folder.ts';
import type { PreflightContext, PreflightGatherers } from '../preflight/context.ts';
import { preflightGatherers } from '../preflight/index.ts';
import { createReleaseServices } from '../release/release-services.ts';
import { openAnnouncer } from '../release/open-announcer.ts';
import type { AnnouncedRun } from '../release/follow-release.ts';
import type { Announcer } from '../release/announcer.ts';
import { createCourtesies, secretIn } from '../courtesies.ts';
import { createDrivers } from '../drivers.ts';
import { writeReport } from '../conclude.ts';
import type { Flow } from '../flow.ts';
import type { Verb } from '../../core/run-result.ts';
import type { Settings } from '../prepare.ts';
import { driverSettings, targetArgument } from '../target-store.ts';
import type { RunSecrets } from '../run-secrets.ts';
import { systemInstruments } from './instruments.ts';
import type { RolloutContext } from './run.ts';

/** What one command needs to run a rollout of one target: the target locked, and the means to record and report it. */
export interface RolloutSession {
  readonly deployment: Pick<Deployment, 'name' | 'kind' | 'releases'>;
  readonly store: TargetStore;
  /** The settings of the router and the runtime as they are recorded: by their path in the target file, masked. */
  readonly driverSettings: Readonly<Record<string, string>>;
  readonly lock: TargetLock;
  /** The context of a run that is recorded in the folder at `path`. */
  readonly contextFor: (path: string, emit: Emit) => RolloutContext;
  /** A new run's folder, or that of an earlier run. */
  readonly openFolder: (runId?: string, verb?: Verb) => Promise<RunFolder>;
  readonly writeReport: typeof writeReport;
  /** Section 1 of a whole release. */
  readonly preflight: (facts: PreflightFacts) => PreflightContext;
  readonly gatherers: PreflightGatherers;
  /** Clause 3.4b of a whole release. */
  readonly announcer: (run: AnnouncedRun) => Announcer;
}

interface PreflightFacts {
  readonly release: string;
  readonly previousRelease?: string;
  readonly hotfix: string | undefined;
  readonly target: Target;
  readonly context: Pick<RolloutContext, 'drivers' | 'clock' | 'runner' | 'variables'>;
}

export const newRunFolder = (flow: Flow, mask: RunSecrets['mask'], verb: Verb): Promise<RunFolder> => {
  const now = () => new Date(flow.clock.now());
  const runId = nameRun(verb, 'release', now(), flow.random());
  return openRunFolder({ reportsRoot: flow.reportsRoot, runId, mask, now });
};

/** Clause 3.2b, where the target file names an error tracker. */
function crashFreeOf({ sentry }: Deployment, slo: Slo | undefined, flow: Flow): Pick<RolloutContext, 'crashFree'> {
  if (!sentry || !slo) return {};
  // As for the failed deploy: a double refuses a request without a token, and accepts any.
  const token = sentry.token === false ? 'none' : flow.environment.variables[sentry.token];
  const { clock, signal } = flow;
  return { crashFree: { slo, read: (query) => readSessions(query, sentry, { token, clock, signal }) } };
}

interface TargetFile {
  readonly file: string;
  readonly deployment: Deployment;
}

/** Opens the drivers of a target. Throws UserError where its file names nothing that ships a release. */
export function openSession(
  { file, deployment }: TargetFile,
  parts: {
    readonly settings: Pick<Settings, 'slos' | 'crashFree' | 'profiles' | 'tools'>;
    readonly store: TargetStore;
    readonly lock: TargetLock;
    readonly secrets: RunSecrets;
    readonly early: RunFolder | undefined;
    readonly attestation: Attestation | undefined;
  },
  flow: Flow,
): RolloutSession {
  const { settings, store, lock, secrets, early, attestation } = parts;
  const { mask, sessionsFile } = secrets;
  const shared = {
    driverSettings: maskValue(driverSettings({ file, deployment }), mask),
    targetArgument: targetArgument(file, flow.projectRoot),
    drivers: createDrivers(file, deployment, flow),
    courtesies: createCourtesies(deployment, flow),
    instruments: systemInstruments,
    targetOf: (environment: EnvironmentName) => chooseEnvironment(file, deployment, environment),
    stickyUsers: deployment.router?.driver === 'haproxy' && deployment.router.affinity === 'cookie',
    slos: applicableSlos(settings.slos, deployment.objectives.inapplicable),
    ...crashFreeOf(deployment, settings.crashFree, flow),
    services: createReleaseServices({ file, deployment }, { store, attestation, mask }, flow),
    profiles: settings.profiles,
    tools: settings.tools,
    clock: flow.clock,
    signal: flow.signal,
    sessionsFile,
    variables: flow.environment.variables,
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
    store,
    driverSettings: shared.driverSettings,
    lock,
    contextFor: (path, emit) => ({ ...shared, emit, runner: { ...runner, runFolder: path, emit } }),
    openFolder: async (runId, verb = 'deploy') => {
      const now = () => new Date(flow.clock.now());
      // That of an embedded target was opened before its store was known.
      const id = runId ?? early?.runId ?? nameRun(verb, 'release', now(), flow.random());
      return openRunFolder({ reportsRoot: flow.reportsRoot, runId: id, mask, now, store });
    },
    writeReport,
    preflight: (facts) => preflightOf({ file, deployment }, store, facts),
    gatherers: preflightGatherers,
    announcer: (run) => announcerOf(deployment, run, mask, flow),
  };
}

const announcerOf = (deployment: Deployment, run: AnnouncedRun, mask: RunSecrets['mask'], flow: Flow): Announcer => {
  const { clock, environment, signal } = flow;
  const secret = secretIn(environment.variables);
  return openAnnouncer(announcementsOf(deployment), { ...run, secret, mask, clock, signal });
};

const preflightOf = (
  target: TargetFile,
  store: TargetStore,
  { context: { drivers, clock, runner, variables }, hotfix, previousRelease, ...facts }: PreflightFacts,
): PreflightContext => ({
  ...target,
  ...facts,
  drivers,
  store,
  clock,
  runner,
  variables,
  ...(previousRelease === undefined ? {} : { previousRelease }),
  ...(hotfix === undefined ? {} : { hotfix }),
});
