import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Release } from '../releases.ts';
import { type Recorder, startRecorder } from '../doubles/recorder.ts';
import { buildWeb } from '../web/build.ts';
import { type Child, Children } from './children.ts';
import { type Colour, type HaproxyPlan, startHaproxy } from './haproxy.ts';
import { type InstanceCommand, startInstance, writeInstanceCommand } from './instances.ts';
import { openPlaces, type Place, type Places } from './places.ts';
import { freePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';

export interface FleetPlan {
  /** Absolute; everything of this sandbox lives in it. */
  readonly state: string;
  /** A colour without a release is empty. */
  readonly releases: Readonly<Record<Colour, Release | undefined>>;
  readonly instancesPerColour: number;
  readonly affinity: HaproxyPlan['affinity'];
  readonly say: (text: string) => void;
}

export interface Fleet {
  readonly places: readonly Place[];
  readonly placesFolder: string;
  readonly instanceCommand: InstanceCommand;
  readonly publicAddress: string;
  readonly statsAddress: string;
  readonly haproxySocket: string;
  readonly haproxyStateFile: string;
  readonly databaseUrl: string;
  readonly recorder: Recorder;
  readonly addressOf: (colour: Colour) => string;
  /** What may be done to a part from outside: how each process that it ended has ended. */
  readonly act: (verb: string, part: string) => Promise<readonly { readonly exitCode: number }[]> | undefined;
  readonly stop: () => Promise<void>;
}

const projectRoot = join(import.meta.dirname, '../..');
/** The SOP's own limit for requests in flight (2.R4), and a little for the way there. */
const shutdownGraceMs = 31_000;
const colours = ['blue', 'green'] as const;

/** Starts a whole FreeTask: database, doubles, instances of both colours, load balancer; in this order, and stops it in the other. */
export async function startFleet(plan: FleetPlan): Promise<Fleet> {
  const logs = join(plan.state, 'logs');
  await mkdir(logs, { recursive: true });
  const children = new Children(logs, (name, { exitCode }) => plan.say(`${name} ended with exit code ${exitCode}`));
  const stoppers: (() => Promise<unknown>)[] = [() => children.release()];
  const stop = async () => {
    for (const each of stoppers.splice(0).toReversed()) await each();
  };
  try {
    return await start(plan, children, stoppers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  plan: FleetPlan,
  children: Children,
  stoppers: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Fleet> {
  const { state, say, releases, instancesPerColour: perColour } = plan;
  const [databasePort = 0, publicPort = 0, statsPort = 0, bluePort = 0, greenPort = 0, ...placePorts] = await freePorts(
    5 + 2 * (perColour + 1),
  );
  const places = namePlaces(perColour, placePorts);
  const regular = places.filter(({ surge }) => !surge);

  say('database: PostgreSQL is made and started');
  const webRoots = join(state, 'web');
  const [postgres, recorder] = await Promise.all([
    startPostgres(databasePort, children),
    startRecorder(),
    ...(['healthy', 'broken-button'] as const).map((variant) => buildWeb(join(webRoots, variant), variant)),
  ]);
  stoppers.push(() => recorder.stop(), postgres.stop);
  const instanceCommand = await writeInstanceCommand(state, {
    databaseUrl: postgres.url,
    sentryDsn: recorder.sentryDsn,
    webRoots,
  });

  const schema = Math.max(...colours.map((colour) => releases[colour]?.schema ?? 0));
  say(`database: migrations up to ${schema}`);
  const migrate = ['--import', 'tsx', join(projectRoot, 'sandbox/api/migrate.ts'), 'up', '--to', String(schema)];
  const migrateEnv = { PATH: process.env['PATH'], DATABASE_URL: postgres.url };
  await promisify(execFile)(process.execPath, migrate, { cwd: projectRoot, env: migrateEnv });

  const running = await openPlaces(join(state, 'places'));
  children.ownPlaces(running.folder);
  stoppers.push(() => running.stopAll(3000));
  const startIn = async (place: Place, release: string) =>
    running.record(place.name, release, await startInstance(instanceCommand, place, release, children));
  const filled = regular.flatMap((place) =>
    releases[place.colour] ? [[place, releases[place.colour]?.name ?? ''] as const] : [],
  );
  say(`instances: ${filled.map(([{ name }, release]) => `${name} (${release})`).join(', ')}`);
  await Promise.all(filled.map(([place, release]) => startIn(place, release)));

  say('load balancer: HAProxy, all traffic on blue');
  // A unix socket's path may have 108 characters at most, and a state folder may be deep.
  const haproxySocket = join(tmpdir(), `freetask-${process.pid}.sock`);
  children.ownPath(haproxySocket);
  const haproxyStateFile = join(state, 'haproxy.state');
  await rm(haproxyStateFile, { force: true });
  const haproxyPlan: HaproxyPlan = {
    socket: haproxySocket,
    stateFile: haproxyStateFile,
    publicPort,
    statsPort,
    colourPorts: perColour > 1 ? { blue: bluePort, green: greenPort } : {},
    places,
    weights: { blue: 100, green: 0 },
    affinity: plan.affinity,
  };
  const balancer = { child: await startHaproxy(state, haproxyPlan, children) };
  stoppers.push(async () => {
    await balancer.child.stop('SIGTERM', 3000);
    await rm(haproxySocket, { force: true });
  });

  const address = (port: number) => `http://127.0.0.1:${port}`;
  const ports = perColour > 1 ? { blue: bluePort, green: greenPort } : undefined;
  return {
    places,
    placesFolder: running.folder,
    instanceCommand,
    publicAddress: address(publicPort),
    statsAddress: address(statsPort),
    haproxySocket,
    haproxyStateFile,
    databaseUrl: postgres.url,
    recorder,
    addressOf: (colour) => address(ports?.[colour] ?? regular.find((place) => place.colour === colour)?.port ?? 0),
    act: actions({
      regular,
      running,
      startIn,
      balancer,
      postgres,
      haproxy: () => startHaproxy(state, haproxyPlan, children),
    }),
    stop,
  };
}

/** One spare place a colour, and zones a, b, a, b. */
const namePlaces = (perColour: number, ports: readonly number[]): Place[] =>
  colours.flatMap((colour, side) =>
    Array.from({ length: perColour + 1 }, (_, index): Place => ({
      colour,
      surge: index === perColour,
      name: index === perColour ? `${colour}-surge` : `${colour}-${index + 1}`,
      zone: index % 2 === 0 ? 'a' : 'b',
      port: ports[side * (perColour + 1) + index] ?? 0,
    })),
  );

interface Parts {
  readonly regular: readonly Place[];
  readonly running: Places;
  readonly startIn: (place: Place, release: string) => Promise<void>;
  readonly balancer: { child: Child };
  readonly haproxy: () => Promise<Child>;
  readonly postgres: { readonly halt: () => Promise<void>; readonly resume: () => Promise<void> };
}

/** `stop green`, `restart haproxy`: what an operator, or bad luck, may do to a part. */
function actions({ regular, running, startIn, balancer, haproxy, postgres }: Parts): Fleet['act'] {
  const ofColour = (colour: string) => regular.filter((place) => place.colour === colour);
  const stopColour = async (colour: string) => {
    const codes = await Promise.all(ofColour(colour).map(({ name }) => running.stop(name, shutdownGraceMs)));
    return codes.flatMap((exitCode) => (exitCode === undefined ? [] : [{ exitCode }]));
  };
  const startColour = async (colour: string) => {
    for (const place of ofColour(colour)) {
      const release = await running.releaseIn(place.name);
      if (release !== undefined && !(await running.isRunning(place.name))) await startIn(place, release);
    }
    return [];
  };
  const restartBalancer = async () => {
    const ending = await balancer.child.stop('SIGKILL', 1000);
    balancer.child = await haproxy();
    return [{ exitCode: ending.exitCode === 137 ? 0 : ending.exitCode }];
  };
  const none = async (work: Promise<unknown>) => (await work, []);
  return (verb, part) => {
    if (part === 'blue' || part === 'green')
      return verb === 'stop' ? stopColour(part) : verb === 'start' ? startColour(part) : undefined;
    if (part === 'haproxy' && verb === 'restart') return restartBalancer();
    if (part === 'haproxy' && verb === 'reload')
      return none(Promise.resolve(process.kill(balancer.child.pid, 'SIGUSR2')));
    if (part === 'database' && verb === 'stop') return none(postgres.halt());
    if (part === 'database' && verb === 'start') return none(postgres.resume());
    return undefined;
  };
}
