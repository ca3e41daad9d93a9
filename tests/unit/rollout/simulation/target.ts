import type { Shares } from '../../../../src/core/rollout/step.ts';
import type { Colour } from '../../../../src/core/target.ts';
import type { Migrations } from '../../../../src/migrations/index.ts';
export type { Instance } from './instance.ts';
import { type Defect, isActive } from './defect.ts';
import { pendingMigrations, simulateMigrations } from './migrations.ts';
import type { SimulatedPlatform } from './platform.ts';
import { type Instance, place } from './instance.ts';
import type { SideController } from './side-controller.ts';
import type { Pool, Router } from '../../../../src/routers/index.ts';
import type { Runtime } from '../../../../src/runtimes/index.ts';

/** A target in memory: instances, a router, migrations, users and a clock. It outlives the commands that work on it. */
export interface SimulatedTarget {
  readonly instances: Instance[];
  readonly instance: (name: string) => Instance;
  readonly applied: Set<string>;
  readonly migrationRuns: string[];
  /** The migration command that is running; it goes on when the process that started it is killed. */
  migrating?: { readonly pid: number; readonly endsAtMs: number };
  /** Starts the migration command, which takes its time. */
  readonly startMigrating: (pid: number) => void;
  nowMs: number;
  /** Advances the clock; users send requests meanwhile. */
  readonly pass: (ms: number) => void;
  /** Requests of users that found no server, and broken rules. */
  readonly violations: string[];
  readonly shares: () => Shares;
  readonly isUp: (instance: Instance) => boolean;
  readonly errorRate: number;
  readonly isDefective: (kind: Defect['kind'], instance: Instance) => boolean;
  /** Requests of users; `failed`: those that the router answered with 5xx itself. */
  readonly front: { requests: number; failed: number };
  /** The fraction of all requests that the router itself answers with 5xx, 0 to 1. */
  frontErrors: number;
  /** The fraction of the users' requests that the canary serves, where that is not its weight. */
  servedShare?: number;
  /** Checks after every change that every user finds a server that is up. */
  readonly checkUsers: (because: string) => void;
  readonly router: Router;
  readonly runtime: Runtime;
  readonly migrations: Migrations;
  platform?: SimulatedPlatform;
  sides?: SideController;
  failingGate?: boolean;
  sentryIsDown?: boolean;
}

/** Requests a second of all users together: enough for every proof within a second. */
const usersPerSecond = 20_000;
/** How long the migration command runs. */
const migrationMs = 2000;

export function simulateTarget(defect?: Defect): SimulatedTarget {
  const live = { running: true, release: 'old', weight: 100 };
  const instances = [
    place('blue-1', 'blue', live),
    place('blue-2', 'blue', live),
    place('blue-surge', 'blue', { surge: true, state: 'out', weight: 100 }),
    place('green-1', 'green'),
    place('green-2', 'green'),
  ];
  const instance = (name: string): Instance => {
    const found = instances.find((each) => each.name === name);
    if (!found) throw new Error(`no instance ${name}`);
    return found;
  };
  const inPool = () => instances.filter(({ state, weight }) => state === 'ready' && weight > 0);
  const newShare = () =>
    percentOf(
      inPool().filter(({ release }) => release === 'new'),
      inPool(),
    );
  let sinceMs: number | undefined;
  const isDefective: SimulatedTarget['isDefective'] = (kind, { release }) => {
    if (release !== 'new' || defect?.kind !== kind) return false;
    sinceMs ??= newShare() >= defect.fromShare ? target.nowMs : undefined;
    return sinceMs !== undefined && isActive(defect, target.nowMs - sinceMs);
  };
  const isUp = (each: Instance) => each.running && !isDefective('never-ready', each);
  const target: SimulatedTarget = {
    instances,
    instance,
    applied: new Set(),
    front: { requests: 0, failed: 0 },
    frontErrors: 0,
    migrationRuns: [],
    startMigrating: (pid) => {
      if (target.migrating) target.violations.push('two migration commands at once');
      target.migrating = { pid, endsAtMs: target.nowMs + migrationMs };
    },
    nowMs: 0,
    violations: [],
    isUp,
    isDefective,
    errorRate: defect?.rate ?? 0.1,
    shares: () => {
      const blue = percentOf(
        inPool().filter(({ colour }) => colour === 'blue'),
        inPool(),
      );
      return { blue, green: 100 - blue };
    },
    checkUsers: (because) => {
      for (const each of inPool())
        if (!isUp(each)) target.violations.push(`${because}: ${each.name} is down and in the pool`);
      if (inPool().length === 0) target.violations.push(`${because}: the pool is empty`);
    },
    pass: (ms) => {
      passTime(target, inPool(), ms);
      target.sides?.reconcile();
    },
    router: simulateRouter(() => target),
    runtime: simulateRuntime(() => target),
    migrations: simulateMigrations(() => target.applied),
  };
  return target;
}

const weightOf = (members: readonly Instance[]): number => members.reduce((sum, { weight }) => sum + weight, 0);
const percentOf = (part: readonly Instance[], whole: readonly Instance[]): number =>
  weightOf(whole) === 0 ? 0 : Number(((100 * weightOf(part)) / weightOf(whole)).toFixed(1));

/** A server's part of the requests: its weight, or, where the router does otherwise, a fixed part for the new release. */
function fractionOf(each: Instance, up: readonly Instance[], newShare: number | undefined): number {
  const peers = up.filter(({ release }) => release === each.release);
  if (newShare === undefined || peers.length === up.length) return each.weight / weightOf(up);
  return (each.release === 'new' ? newShare : 1 - newShare) / peers.length;
}

function passTime(target: SimulatedTarget, pool: readonly Instance[], ms: number): void {
  target.nowMs += ms;
  if (target.migrating && target.nowMs >= target.migrating.endsAtMs) {
    delete target.migrating;
    for (const id of pendingMigrations.filter((each) => !target.applied.has(each))) {
      target.applied.add(id);
      target.migrationRuns.push(id);
    }
  }
  const up = pool.filter(target.isUp);
  if (up.length === 0 && ms > 0) target.violations.push(`users found no server for ${ms} ms`);
  const all = usersPerSecond * (ms / 1000);
  target.front.requests += all;
  target.front.failed += all * target.frontErrors;
  for (const each of up) {
    const requests = all * fractionOf(each, up, target.servedShare);
    const errors = target.isDefective('errors', each) ? requests * target.errorRate : 0;
    each.requests += requests;
    each.errors += errors;
    each.served += requests;
    each.failed += errors;
  }
}

function simulateRouter(target: () => SimulatedTarget): Router {
  const countOf = ({ served, failed }: Instance) => ({ requests: Math.floor(served), failed: Math.floor(failed) });
  const countOfColour = (colour: Colour) => {
    const each = target().instances.filter((member) => member.colour === colour);
    return {
      requests: Math.floor(each.reduce((sum, { served }) => sum + served, 0)),
      failed: Math.floor(each.reduce((sum, { failed }) => sum + failed, 0)),
    };
  };
  return {
    name: 'simulated',
    handlesMembers: true,
    read: async (): Promise<Pool> => ({
      shares: target().shares(),
      members: target().instances.map((each) => ({
        name: each.name,
        colour: each.colour,
        weight: each.weight,
        state: each.state,
        up: target().isUp(each),
        inFlight: 0,
        served: countOf(each),
      })),
      served: { blue: countOfColour('blue'), green: countOfColour('green') },
      front: { requests: Math.floor(target().front.requests), failed: Math.floor(target().front.failed) },
    }),
    setShares: async (shares) => {
      for (const each of target().instances) {
        each.weight = shares[each.colour];
        if (each.weight > 0 && !each.surge) each.state = 'ready';
      }
      target().checkUsers(`shares ${shares.blue}:${shares.green}`);
      return { problems: [] };
    },
    setMember: async (name, state) => {
      target().instance(name).state = state;
      target().checkUsers(`${name} ${state}`);
      return { problems: [] };
    },
    checkCapabilities: async () => [],
  };
}

function simulateRuntime(target: () => SimulatedTarget): Runtime {
  return {
    name: 'simulated',
    read: async () =>
      target().instances.map(({ name, colour, surge, running, release }) => ({
        name,
        colour,
        surge,
        address: `http://${name}`,
        running,
        ...(running && release !== undefined ? { release } : {}),
      })),
    start: async (name, release) => {
      const each = target().instance(name);
      if (each.running) target().violations.push(`${name} was started twice`);
      Object.assign(each, { running: true, release, startedAtMs: target().nowMs, requests: 0, errors: 0 });
      target().checkUsers(`start ${name} ${release}`);
    },
    stop: async (name) => {
      const each = target().instance(name);
      if (each.weight > 0 && each.state !== 'out') target().violations.push(`${name} was stopped in the pool`);
      each.running = false;
      target().checkUsers(`stop ${name}`);
      return { exitCode: 0, killed: false, durationMs: 0 };
    },
    lastEnding: async () => undefined,
  };
}
