import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type DeploymentState, isInProgress, type PlatformSettings } from '../../../src/core/platform.ts';

interface Deployment {
  readonly id: string;
  readonly release: string;
  state: DeploymentState;
  reason?: string;
  readonly createdAt: string;
}

/** How the double behaves from now on. */
export interface Behaviour {
  /** Releases whose deploys fail, with the reason. */
  readonly failing?: Readonly<Record<string, string>>;
  /** Releases that the platform rolls back by itself once they are live. */
  readonly returned?: readonly string[];
  /** What a reading answers instead of the deployments. */
  readonly answer?: string;
  /** The next trigger is carried out, and its answer is lost. */
  readonly losesAnswer?: boolean;
  /** Deploys stay in this state. */
  readonly stuck?: DeploymentState;
}

export interface PlatformDouble extends AsyncDisposable {
  readonly address: string;
  /** The newest first, as the platform has them. */
  readonly deployments: readonly Deployment[];
  readonly live: () => Deployment | undefined;
  readonly behave: (behaviour: Behaviour) => void;
  /** A deploy by other means. */
  readonly deploy: (release: string) => Deployment;
  /** Time passes until nothing is in progress. */
  readonly settle: () => void;
  readonly settings: (more?: Partial<PlatformSettings>) => PlatformSettings;
}

export const platformToken = 'a-token-of-the-platform';
const next: Readonly<Partial<Record<DeploymentState, DeploymentState>>> = {
  pending: 'building',
  building: 'deploying',
  deploying: 'live',
};

/**
 * A platform with an API like those of App Platform, Render and Fly.io. Each reading takes a deploy in progress one state
 * further, so that nothing depends on how fast the machine is. `onLive` learns what serves users.
 */
export async function startPlatform(first: string, onLive?: (release: string) => void): Promise<PlatformDouble> {
  const deployments: Deployment[] = [];
  let behaviour: Behaviour = {};
  const live = () => deployments.find(({ state }) => state === 'live');
  const create = (release: string, state: DeploymentState): Deployment => {
    for (const each of deployments.filter(isInProgress)) each.state = 'superseded';
    const count = deployments.length + 1;
    const createdAt = new Date(Date.UTC(2026, 0, 1, 0, count)).toISOString();
    const deployment: Deployment = { id: `d-${count}`, release, state, createdAt };
    deployments.unshift(deployment);
    return deployment;
  };
  const goLive = (deployment: Deployment) => {
    for (const each of deployments) if (each.state === 'live') each.state = 'superseded';
    deployment.state = 'live';
    onLive?.(deployment.release);
  };
  const step = () => {
    const open = deployments.find(isInProgress);
    const now = live();
    if (now && behaviour.returned?.includes(now.release)) {
      const before = deployments.find(({ state, id }) => state === 'superseded' && id !== now.id);
      now.state = 'failed';
      now.reason = 'health checks failed';
      if (before) goLive(before);
    }
    if (!open || open.state === behaviour.stuck) return;
    const reason = behaviour.failing?.[open.release];
    if (open.state === 'deploying' && reason !== undefined) {
      open.state = 'failed';
      open.reason = reason;
    } else if (open.state === 'deploying') goLive(open);
    else open.state = next[open.state] ?? open.state;
  };
  goLive(create(first, 'pending'));

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (status: number, body: unknown) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${platformToken}`) return send(401, { message: 'no valid token' });
    const [, id, verb] = /^\/deployments(?:\/([^/]+)\/(\w+))?$/.exec(request.url ?? '') ?? [];
    if (request.method === 'GET') {
      if (behaviour.answer !== undefined) return void response.end(behaviour.answer);
      step();
      return send(200, { deployments, live: live()?.id ?? null });
    }
    const named = deployments.find((each) => each.id === id);
    if (id !== undefined && !named) return send(404, { message: `no deployment ${id}` });
    if (verb === 'cancel' && named) {
      if (isInProgress(named)) named.state = 'superseded';
      return send(200, named);
    }
    const release = named?.release ?? (JSON.parse(await bodyOf(request)) as { release: string }).release;
    const created = create(release, 'pending');
    if (!behaviour.losesAnswer) return send(201, { id: created.id });
    behaviour = { ...behaviour, losesAnswer: false };
    request.socket.destroy();
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const tool = (...args: string[]) =>
    [process.execPath, join(import.meta.dirname, 'platform-tool.cjs'), address, ...args] as const;
  return {
    address,
    deployments,
    live,
    behave: (changed) => (behaviour = changed),
    deploy: (release) => create(release, 'pending'),
    settle: () => {
      while (deployments.some(isInProgress)) step();
    },
    settings: (more = {}) => ({
      driver: 'command',
      read: [...tool('read')],
      deploy: [...tool('deploy', '{release}')],
      rollback: [...tool('rollback', '{deployment}')],
      cancel: [...tool('cancel', '{deployment}')],
      fields: {
        deployments: 'deployments',
        id: 'id',
        release: 'release',
        state: 'state',
        reason: 'reason',
        createdAt: 'createdAt',
        live: 'live',
        triggered: 'id',
      },
      states: {},
      pollMs: 10,
      liveWithinMs: 10_000,
      answers: 3,
      ...more,
    }),
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}
