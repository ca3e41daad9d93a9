import { join } from 'node:path';
import { projectChecks } from './app/checks.ts';
import type { Fleet } from './fleet/fleet.ts';
import { programCommand } from './program.ts';
import { releases } from './releases.ts';

/** The target file: everything that the suite knows of this sandbox. */
export function targetOf(fleet: Fleet, affinity: 'none' | 'cookie', state: string): object {
  const environment = (colour: 'blue' | 'green') => {
    const script = join(import.meta.dirname, 'control.mjs');
    const control = (verb: string) => [process.execPath, script, verb, colour, '--state', state];
    return {
      api: fleet.addressOf(colour),
      web: fleet.addressOf(colour),
      metrics: fleet.places
        .filter((place) => place.colour === colour && !place.surge)
        .map(({ port }) => `http://127.0.0.1:${port}/metrics`),
      shutdown: { stop: control('stop'), start: control('start') },
    };
  };
  return {
    name: 'sandbox',
    kind: 'embedded',
    pid: process.pid,
    // Another sandbox is another target, although it has the same name.
    store: { driver: 'folder', folder: join(state, 'store') },
    defaultEnvironment: 'green',
    environments: {
      blue: environment('blue'),
      green: environment('green'),
      public: { api: fleet.publicAddress, web: fleet.publicAddress },
    },
    users: Object.fromEntries(
      ['client', 'freelancer', 'client2', 'freelancer2'].map((name) => [name, `${name}@example.com`]),
    ),
    otp: { from: 'response' },
    readiness: { stableFor: '5s', interval: '200ms', budget: '30s' },
    load: { profile: 'stage' },
    preflight: preflightOf(fleet, state),
    ...shipping(fleet, affinity),
    ...informing(fleet.recorder.address, join(state, 'flags.json'), fleet.repository),
    ...publishing(fleet, state),
    // There is no traffic of users here, so windows are short and the rollout makes its own requests.
    rollout: {
      dwell: '8s',
      holdBudget: '20s',
      warmUp: '1s',
      interval: '1s',
      minimum: { requests: 300, payments: 40 },
      latency: { interval: '1s', sustained: '5s' },
      watch: { for: '20s' },
      blind: { retryUpTo: '3s', endAfter: '20s' },
      keepWarm: '1h',
      proof: '20s',
      synthetic: { profile: 'stage', rate: 90 },
      // A stage of seconds has no thousand requests: proofs are weaker here, and batches shorter.
      judge: { batch: '1s', beta: 0.2, literal: { window: '5s', confirm: '3s' } },
    },
    releases: releases.filter(({ clauses }) => clauses.length === 0).map(({ name }) => name),
  };
}

/** Flags as flagd reads them, and the doubles of Slack, GitHub and Sentry, which ask for no token. */
const informing = (doubles: string, flagsFile: string, repository: string | undefined): object => ({
  flags: { driver: 'file', file: flagsFile },
  incident: {
    slack: { token: false, channel: 'C0SANDBOX1', url: `${doubles}/slack/api` },
    github: { token: false, repository: 'freetask/app', url: `${doubles}/github` },
  },
  sentry: {
    url: doubles,
    org: 'freetask',
    project: 'api',
    token: false,
    ...(repository === undefined ? {} : { repository: 'freetask/app', commits: { folder: repository } }),
  },
  crashlytics: { app: '1:123:android:abc', version: '{version}', token: false, url: `${doubles}/crashlytics` },
});

/** Section 3.4: the notes in the folder of the state, and the double of Slack as `#shiproom`. */
const publishing = ({ repository, recorder }: Fleet, state: string): object => ({
  releaseNotes:
    repository === undefined
      ? { off: 'git was not found' }
      : { repository, file: join(state, 'release-notes.md'), tag: '{release}' },
  announcements: {
    slack: { token: false, channel: 'C0SHIPROOM', url: `${recorder.address}/slack/api` },
    links: [{ text: 'Messages of this channel', url: `${recorder.address}/slack/_channels/C0SHIPROOM` }],
    retryFor: '10s',
  },
});

/** Section 1. */
function preflightOf(fleet: Fleet, state: string): object {
  const migrate = migrateCommand(fleet);
  return {
    ...projectChecks(state),
    // Another database of the same server, which is the sandbox's own.
    database: {
      scratch: fleet.databaseUrl,
      live: fleet.databaseUrl,
      apply: migrate('up', '--to', '{id}', '--database', '{database}'),
      sql: migrate('sql', '{id}'),
    },
  };
}

const migrateCommand =
  ({ instanceCommand: { envFile } }: Fleet) =>
  (...args: string[]): string[] => [...programCommand('api/migrate.ts', [`--env-file=${envFile}`]), ...args];

/** The drivers and their settings. */
function shipping(fleet: Fleet, affinity: 'none' | 'cookie'): object {
  const { command, env } = fleet.instanceCommand;
  const migrate = migrateCommand(fleet);
  return {
    router: {
      driver: 'haproxy',
      socket: fleet.haproxySocket,
      backend: 'freetask',
      spare: fleet.places.filter(({ surge }) => surge).map(({ name }) => name),
      affinity,
      stateFile: fleet.haproxyStateFile,
    },
    runtime: {
      driver: 'process',
      folder: fleet.placesFolder,
      command,
      env,
      places: fleet.places.map(({ port, ...place }) => ({ ...place, address: `http://127.0.0.1:${port}` })),
    },
    migrations: {
      driver: 'command',
      status: migrate('status', '--release', '{release}'),
      up: migrate('up', '--release', '{release}'),
      down: migrate('down', '--to', '{id}'),
      lock: { timeout: '2s', retries: 4, pause: '3s' },
    },
  };
}
