import { ToolError } from '../../../../src/core/errors.ts';
import { type DeploymentState, isInProgress } from '../../../../src/core/platform.ts';
import type { Platform } from '../../../../src/platforms/index.ts';
import type { SimulatedProcess } from './crash.ts';

interface Deployment {
  readonly id: string;
  readonly release: string;
  readonly startedAtMs: number;
  state: DeploymentState;
  reason?: string;
}

/** What a platform replaces, and the clock that it shares with it. */
interface Replaced {
  readonly instances: readonly { readonly name: string }[];
  nowMs: number;
}

/** A platform in memory that replaces what serves users; it outlives the commands that work on it. */
export interface SimulatedPlatform {
  /** The newest first. */
  readonly deployments: Deployment[];
  readonly live: () => Deployment;
  /** A deploy by other means, or by the platform itself; it is live at once. */
  readonly makeLive: (release: string) => void;
  /** The platform returns to its first deployment by itself. */
  readonly goBack: () => void;
  /** Time passes until no deploy is in progress. */
  readonly settle: () => void;
  /** A deploy is started by other means. */
  readonly begin: (release: string) => Deployment;
  /** A rollback moves users to the old deployment, instead of making a new one. */
  pointsBack: boolean;
  /** Deployments of the new release fail with this reason. */
  failsWith?: string;
  /** Whether the platform reports which release a deployment is. */
  reportsReleases: boolean;
  /** Deployments are listed so long after they were started. */
  listedAfterMs: number;
  /** The next trigger takes effect, and its command fails. */
  losesAnswer: boolean;
  /** Nothing can be read. */
  broken: boolean;
  /** Of a driver without these commands. */
  hasRollback: boolean;
  hasCancel: boolean;
  readonly driverFor: (process: SimulatedProcess) => Platform;
}

const stepMs = 1000;
const steps: readonly DeploymentState[] = ['pending', 'building', 'deploying', 'live'];

export function simulatePlatform(target: Replaced): SimulatedPlatform {
  const deployments: Deployment[] = [];
  const serving = () => target.instances.filter(({ name }) => name === 'blue-1' || name === 'blue-2');
  const goLive = (deployment: Deployment) => {
    for (const each of deployments) if (each.state === 'live') each.state = 'superseded';
    deployment.state = 'live';
    for (const each of serving()) {
      const started = { release: deployment.release, startedAtMs: target.nowMs, requests: 0, errors: 0 };
      Object.assign(each, started);
    }
  };
  const begin = (release: string): Deployment => {
    for (const each of deployments.filter(isInProgress)) each.state = 'superseded';
    const id = `d-${deployments.length + 1}`;
    const deployment: Deployment = { id, release, startedAtMs: target.nowMs, state: 'pending' };
    deployments.unshift(deployment);
    return deployment;
  };
  const advance = () => {
    for (const each of deployments.filter(isInProgress)) {
      const state = steps[Math.min(3, Math.floor((target.nowMs - each.startedAtMs) / stepMs))] ?? 'live';
      const fails = state === 'live' && each.release === 'new' && platform.failsWith !== undefined;
      if (fails) Object.assign(each, { state: 'failed', reason: platform.failsWith });
      else if (state === 'live') goLive(each);
      else each.state = state;
    }
  };
  const platform: SimulatedPlatform = {
    deployments,
    live: () => deployments.find(({ state }) => state === 'live') ?? begin('nothing'),
    makeLive: (release) => goLive(begin(release)),
    goBack: () => {
      platform.live().state = 'failed';
      for (const first of deployments.slice(-1)) goLive(first);
    },
    settle: () => {
      target.nowMs += steps.length * stepMs;
      advance();
    },
    begin,
    pointsBack: false,
    reportsReleases: true,
    listedAfterMs: 0,
    losesAnswer: false,
    broken: false,
    hasRollback: true,
    hasCancel: true,
    driverFor: (process) => driverOf(platform, target, { process, advance, goLive }),
  };
  goLive(begin('old'));
  return platform;
}

interface Parts {
  readonly process: SimulatedProcess;
  readonly advance: () => void;
  readonly goLive: (deployment: Deployment) => void;
}

function driverOf(platform: SimulatedPlatform, target: Replaced, { process, advance, goLive }: Parts): Platform {
  const triggered = (deployment: Deployment) => {
    if (!platform.losesAnswer) return { deployment: deployment.id };
    platform.losesAnswer = false;
    throw new ToolError('the platform closed the connection', { command: [], exitCode: 1 });
  };
  const trigger = async <T>(name: string, call: Parameters<Platform['deploy']>[1], perform: () => T) => {
    await call?.onStarted?.({ host: 'simulated', pid: 1000 + process.effects.length });
    return process.effect({ name: `platform.${name}`, perform: async () => perform() });
  };
  return {
    name: 'simulated',
    pollMs: 500,
    liveWithinMs: 60_000,
    answers: 3,
    read: () =>
      process.read(async () => {
        if (platform.broken) throw new ToolError('the platform answers 503', { command: [], exitCode: 1 });
        advance();
        const listed = platform.deployments.filter(
          ({ startedAtMs, id }) => id === 'd-1' || target.nowMs - startedAtMs >= platform.listedAfterMs,
        );
        const reported = listed.map(({ id, state, release, reason }) => ({
          id,
          state,
          ...(reason === undefined ? {} : { reason }),
          ...(platform.reportsReleases ? { release } : {}),
        }));
        const live = reported.find(({ state }) => state === 'live');
        return { deployments: reported, ...(live ? { live } : {}) };
      }),
    deploy: (release, call) => trigger(`deploy ${release}`, call, () => triggered(platform.begin(release))),
    ...(platform.hasRollback
      ? {
          rollback: ({ deployment }, call) =>
            trigger(`rollback ${deployment}`, call, () => {
              const to = platform.deployments.find(({ id }) => id === deployment);
              if (!to) throw new ToolError(`no deployment ${deployment}`, { command: [], exitCode: 1 });
              if (!platform.pointsBack) return triggered(platform.begin(to.release));
              for (const each of platform.deployments.filter(isInProgress)) each.state = 'superseded';
              goLive(to);
              return {};
            }),
        }
      : {}),
    ...(platform.hasCancel
      ? {
          cancel: ({ id }, call) =>
            trigger(`cancel ${id}`, call, () => {
              const open = platform.deployments.find((each) => each.id === id);
              if (open && isInProgress(open)) open.state = 'superseded';
            }),
        }
      : {}),
  };
}
