import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { instanceHeapMb, type Release } from '../releases.ts';
import { type Recorder, startRecorder } from '../doubles/recorder.ts';
import { buildWeb } from '../web/build.ts';
import { type Child, Children, type Ending } from './children.ts';
import { type Colour, startHaproxy } from './haproxy.ts';
import { freePorts } from './ports.ts';
import { startPostgres } from './postgres.ts';

export interface FleetPlan {
  /** Absolute; everything of this sandbox lives in it. */
  readonly state: string;
  readonly releases: Readonly<Record<Colour, Release>>;
  readonly instancesPerColour: number;
  readonly say: (text: string) => void;
}

export interface Instance {
  readonly name: string;
  readonly colour: Colour;
  readonly port: number;
}

export interface Fleet {
  readonly instances: readonly Instance[];
  readonly publicAddress: string;
  readonly statsAddress: string;
  readonly haproxySocket: string;
  readonly databaseUrl: string;
  readonly recorder: Recorder;
  readonly addressOf: (colour: Colour) => string;
  /** SIGTERM to every running instance of the colour; how each ended. */
  readonly stopColour: (colour: Colour) => Promise<Ending[]>;
  readonly startColour: (colour: Colour) => Promise<void>;
  readonly stop: () => Promise<void>;
}

const projectRoot = join(import.meta.dirname, '../..');
const tsx = ['--import', 'tsx'] as const;
/** The SOP's own limit for requests in flight (2.R4), and a little for the way there. */
const shutdownGraceMs = 31_000;

/** Starts a whole FreeTask: database, doubles, instances of both colours, load balancer; in this order, and stops it in the other. */
export async function startFleet(plan: FleetPlan): Promise<Fleet> {
  const { state, say } = plan;
  const logs = join(state, 'logs');
  await mkdir(logs, { recursive: true });
  const children = new Children(logs, (name, { exitCode }) =>
    say(`${name} ended by itself with exit code ${exitCode}; it is not started again`),
  );
  const stoppers: (() => Promise<unknown>)[] = [() => children.release()];
  const stop = async () => {
    for (const each of stoppers.splice(0).toReversed()) await each();
  };
  try {
    return await start(plan, logs, children, stoppers, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function start(
  plan: FleetPlan,
  logs: string,
  children: Children,
  stoppers: (() => Promise<unknown>)[],
  stop: () => Promise<void>,
): Promise<Fleet> {
  const { state, say, releases } = plan;
  const perColour = plan.instancesPerColour;
  const [databasePort = 0, publicPort = 0, statsPort = 0, bluePort = 0, greenPort = 0, ...instancePorts] =
    await freePorts(5 + 2 * perColour);
  const instances = (['blue', 'green'] as const).flatMap((colour, side) =>
    Array.from({ length: perColour }, (_, index): Instance => ({
      colour,
      name: `${colour}-${index + 1}`,
      port: instancePorts[side * perColour + index] ?? 0,
    })),
  );

  say('database: PostgreSQL is made and started');
  const webRoots = { healthy: join(state, 'web/healthy'), 'broken-button': join(state, 'web/broken-button') };
  const [postgres, recorder] = await Promise.all([
    startPostgres(databasePort, children),
    startRecorder(),
    ...[...new Set([releases.blue.web, releases.green.web])].map((variant) => buildWeb(webRoots[variant], variant)),
  ]);
  stoppers.push(() => recorder.stop(), postgres.stop);

  const schema = Math.max(releases.blue.schema, releases.green.schema);
  say(`database: migrations up to ${schema}`);
  await promisify(execFile)(
    process.execPath,
    [...tsx, join(projectRoot, 'sandbox/api/migrate.ts'), 'up', '--to', String(schema)],
    {
      cwd: projectRoot,
      env: { PATH: process.env['PATH'], DATABASE_URL: postgres.url },
    },
  );

  const secret = randomBytes(32).toString('base64url');
  const running = new Map<string, Child>();
  const startInstance = async (instance: Instance) => {
    const release = releases[instance.colour];
    const child = await children.start(instance.name, {
      command: [
        process.execPath,
        `--max-old-space-size=${instanceHeapMb}`,
        ...tsx,
        join(projectRoot, 'sandbox/api/instance.ts'),
      ],
      cwd: projectRoot,
      env: {
        PATH: process.env['PATH'],
        HOST: '127.0.0.1',
        PORT: String(instance.port),
        DATABASE_URL: postgres.url,
        APP_RELEASE: release.name,
        APP_COLOR: instance.colour,
        APP_INSTANCE: instance.name,
        DEFECTS: JSON.stringify(release.defects),
        JWT_SECRET: secret,
        SENTRY_DSN: recorder.sentryDsn,
        WEB_ROOT: webRoots[release.web],
      },
      readyLine: /^listening /,
      readyWithinMs: 20_000,
    });
    running.set(instance.name, child);
  };
  const ofColour = (colour: Colour) => instances.filter((instance) => instance.colour === colour);
  const stopColour = (colour: Colour) =>
    Promise.all(ofColour(colour).flatMap(({ name }) => running.get(name)?.stop('SIGTERM', shutdownGraceMs) ?? []));

  say(`instances: ${instances.map(({ name, colour }) => `${name} (${releases[colour].name})`).join(', ')}`);
  stoppers.push(() => Promise.all([...running.values()].map((child) => child.stop('SIGTERM', 3000))));
  await Promise.all(instances.map(startInstance));

  say('load balancer: HAProxy, all traffic on blue');
  // A unix socket's path may have 108 characters at most, and a state folder may be deep.
  const haproxySocket = join(tmpdir(), `freetask-${process.pid}.sock`);
  children.ownPath(haproxySocket);
  const several = perColour > 1;
  const haproxy = await startHaproxy(
    state,
    {
      socket: haproxySocket,
      publicPort,
      statsPort,
      colourPorts: several ? { blue: bluePort, green: greenPort } : {},
      instances,
      weights: { blue: 100, green: 0 },
    },
    children,
  );
  stoppers.push(async () => {
    await haproxy.stop('SIGTERM', 3000);
    await rm(haproxySocket, { force: true });
  });

  const address = (port: number) => `http://127.0.0.1:${port}`;
  const colourPorts = { blue: bluePort, green: greenPort };
  return {
    instances,
    publicAddress: address(publicPort),
    statsAddress: address(statsPort),
    haproxySocket,
    databaseUrl: postgres.url,
    recorder,
    addressOf: (colour) => address(several ? colourPorts[colour] : (ofColour(colour)[0]?.port ?? 0)),
    stopColour,
    startColour: async (colour) => {
      const idle = ofColour(colour).filter(({ name }) => !running.get(name)?.running());
      await Promise.all(idle.map(startInstance));
    },
    stop,
  };
}
