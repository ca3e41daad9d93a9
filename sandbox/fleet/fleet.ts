import { execFile } from 'node:child_process';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { programCommand } from '../program.ts';
import type { Release } from '../releases.ts';
import { type Recorder, startRecorder } from '../doubles/recorder.ts';
import { projectFolders, writeProject } from '../app/project.ts';
import { createRepository } from '../app/repository.ts';
import { buildWeb } from '../web/build.ts';
import { Children } from './children.ts';
import { type Colour, type HaproxyPlan, startHaproxy } from './haproxy.ts';
import { type InstanceCommand, startInstance, writeInstanceCommand } from './instances.ts';
import { type Balancer, createOperations, type Operate } from './operations.ts';
import { openPlaces, type Place } from './places.ts';
import { freePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';

export interface FleetPlan {
  /** Absolute; everything of this sandbox lives in it. */
  readonly state: string;
  /** A colour without a release is empty. */
  readonly releases: Readonly<Record<Colour, Release | undefined>>;
  readonly instancesPerColour: number;
  readonly affinity: HaproxyPlan['affinity'];
  readonly log: (text: string) => void;
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
  /** A bare git repository with the releases as tags; absent where there is no git. */
  readonly repository?: string;
  readonly addressOf: (colour: Colour) => string;
  readonly operate: Operate;
  readonly stop: () => Promise<void>;
}

const colours = ['blue', 'green'] as const;

/** Starts a whole FreeTask: database, doubles, instances of both colours, load balancer; in this order, and stops it in the other. */
export async function startFleet(plan: FleetPlan): Promise<Fleet> {
  const logs = join(plan.state, 'logs');
  await mkdir(logs, { recursive: true });
  const children = new Children(logs, (name, { exitCode }) => plan.log(`${name} ended with exit code ${exitCode}`));
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
  const { state, instancesPerColour: perColour } = plan;
  const [databasePort = 0, publicPort = 0, statsPort = 0, bluePort = 0, greenPort = 0, ...placePorts] = await freePorts(
    5 + 2 * (perColour + 1),
  );
  const places = namePlaces(perColour, placePorts);
  const regular = places.filter(({ surge }) => !surge);
  // Several instances of a colour need one address in front of them.
  const colourPorts = perColour > 1 ? { blue: bluePort, green: greenPort } : undefined;

  plan.log('database: creating and starting PostgreSQL');
  const webRoots = join(state, 'web');
  const [postgres, recorder, repository] = await Promise.all([
    startPostgres(databasePort, children),
    startRecorder(),
    createRepository(state),
    writeProject(state),
    ...(['healthy', 'broken-button'] as const).map((variant) => buildWeb(join(webRoots, variant), variant)),
  ]);
  stoppers.push(() => recorder.stop(), postgres.stop);
  if (repository === undefined) plan.log('git was not found: there is no history of the releases');
  const { images } = projectFolders(state);
  const [instanceCommand] = await Promise.all([
    writeInstanceCommand(state, { databaseUrl: postgres.url, sentryDsn: recorder.sentryDsn, webRoots, images }),
    migrate(plan, postgres.url),
  ]);

  const running = await openPlaces(join(state, 'places'));
  children.ownPlaces(running.folder);
  stoppers.push(() => running.stopAll(3000));
  const startIn = async (place: Place, release: string) =>
    running.record(place.name, release, await startInstance(instanceCommand, place, release, children));
  await startInstances(plan, regular, startIn);

  const haproxyPlan = await planHaproxy(plan, places, { public: publicPort, stats: statsPort, ...colourPorts });
  const balancer = await startBalancer(state, haproxyPlan, children, stoppers);
  const address = (port: number) => `http://127.0.0.1:${port}`;
  return {
    places,
    placesFolder: running.folder,
    instanceCommand,
    publicAddress: address(publicPort),
    statsAddress: address(statsPort),
    haproxySocket: haproxyPlan.socket,
    haproxyStateFile: haproxyPlan.stateFile,
    databaseUrl: postgres.url,
    recorder,
    ...(repository === undefined ? {} : { repository }),
    addressOf: (colour) =>
      address(colourPorts?.[colour] ?? regular.find((place) => place.colour === colour)?.port ?? 0),
    operate: createOperations({ regular, running, startIn, balancer, postgres }),
    stop,
  };
}

/** As far as the newest of the releases needs it. */
async function migrate({ releases, log }: FleetPlan, databaseUrl: string): Promise<void> {
  const schema = Math.max(...colours.map((colour) => releases[colour]?.schema ?? 0));
  log(`database: migrations up to ${schema}`);
  const [node, ...program] = programCommand('api/migrate.ts');
  const env = { PATH: process.env['PATH'], DATABASE_URL: databaseUrl };
  await promisify(execFile)(node, [...program, 'up', '--to', String(schema)], { env });
}

async function startInstances(
  { releases, log }: FleetPlan,
  places: readonly Place[],
  startIn: (place: Place, release: string) => Promise<void>,
): Promise<void> {
  const filled = places.flatMap((place) => {
    const release = releases[place.colour];
    return release ? [{ place, release: release.name }] : [];
  });
  log(`instances: ${filled.map(({ place, release }) => `${place.name} (${release})`).join(', ')}`);
  await Promise.all(filled.map(({ place, release }) => startIn(place, release)));
}

async function planHaproxy(
  { state, affinity }: FleetPlan,
  places: readonly Place[],
  ports: { readonly public: number; readonly stats: number } & Partial<Record<Colour, number>>,
): Promise<HaproxyPlan> {
  const stateFile = join(state, 'haproxy.state');
  await rm(stateFile, { force: true });
  const { public: publicPort, stats: statsPort, ...colourPorts } = ports;
  return {
    // A unix socket's path may have 108 characters at most, and a state folder may be deep.
    socket: join(tmpdir(), `freetask-${process.pid}.sock`),
    stateFile,
    publicPort,
    statsPort,
    colourPorts,
    places,
    weights: { blue: 100, green: 0 },
    affinity,
  };
}

async function startBalancer(
  state: string,
  plan: HaproxyPlan,
  children: Children,
  stoppers: (() => Promise<unknown>)[],
): Promise<Balancer> {
  children.ownPath(plan.socket);
  const startAgain = () => startHaproxy(state, plan, children);
  const balancer = { child: await startAgain(), startAgain };
  stoppers.push(async () => {
    await balancer.child.stop('SIGTERM', 3000);
    await rm(plan.socket, { force: true });
  });
  return balancer;
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
