import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { Children } from '../../../sandbox/fleet/children.ts';
import { startPostgres } from '../../../sandbox/fleet/postgres.ts';
import { programCommand } from '../../../sandbox/program.ts';
import { addresses } from './addresses.ts';
import type { Cluster } from './cluster.ts';
import { until } from './component.ts';
import { deployment, route, secret, service, type Side } from './freetask-objects.ts';

export interface Freetask extends AsyncDisposable {
  readonly namespace: string;
  readonly databaseUrl: string;
}

export interface FreetaskOptions {
  /** Created; of the cluster. */
  readonly namespace: string;
  readonly blue: Side;
  readonly green?: Side;
}

/**
 * FreeTask in a namespace of its own, with a database beside the cluster. The gateway sends everything to blue; resolves when
 * every pod is ready and the gateway serves them.
 */
export async function startFreetask(cluster: Cluster, { namespace, blue, green }: FreetaskOptions): Promise<Freetask> {
  const database = await startDatabase(join(cluster.facts.folder, namespace));
  try {
    const create = (group: string, resource: string, json: object) =>
      cluster.client.request('POST', `${group}/namespaces/${namespace}/${resource}`, { json });
    await cluster.client.request('POST', '/api/v1/namespaces', { json: { metadata: { name: namespace } } });
    const settings = { DATABASE_URL: database.url, JWT_SECRET: randomBytes(32).toString('base64url') };
    await create('/api/v1', 'secrets', secret(settings));
    await Promise.all([
      create('/apis/apps/v1', 'deployments', deployment('blue', blue)),
      ...(green ? [create('/apis/apps/v1', 'deployments', deployment('green', green))] : []),
      ...(['blue', 'green'] as const).map((colour) =>
        create('/api/v1', 'services', service(`freetask-${colour}`, { app: 'freetask', colour })),
      ),
      create('/api/v1', 'services', service('freetask', { app: 'freetask', colour: 'blue' })),
    ]);
    const routes = '/apis/gateway.networking.k8s.io/v1';
    await create(routes, 'httproutes', route('freetask', 'web', { 'freetask-blue': 100, 'freetask-green': 0 }));
    await create(routes, 'httproutes', route('freetask-selected', 'selected', { freetask: 1 }));
    for (const colour of ['blue', 'green'])
      await create(routes, 'httproutes', route(`freetask-${colour}`, colour, { [`freetask-${colour}`]: 1 }));
    await untilReady(cluster, namespace);
    const remove = (path: string) => cluster.client.request('DELETE', path);
    return {
      namespace,
      databaseUrl: database.url,
      [Symbol.asyncDispose]: async () => {
        // The next one has the same addresses; the rest of the namespace ends meanwhile.
        for (const name of ['freetask', 'freetask-selected', 'freetask-blue', 'freetask-green'])
          await remove(`${routes}/namespaces/${namespace}/httproutes/${name}`);
        await remove(`/api/v1/namespaces/${namespace}`);
        await database.stop();
      },
    };
  } catch (error) {
    await database.stop();
    throw error;
  }
}

async function untilReady({ client }: Cluster, namespace: string): Promise<void> {
  interface Deployment {
    readonly spec: { readonly replicas: number };
    readonly status?: { readonly readyReplicas?: number };
  }
  await until('the pods of FreeTask', 90_000, async () => {
    const path = `/apis/apps/v1/namespaces/${namespace}/deployments`;
    const { items } = (await client.request('GET', path)) as { readonly items: readonly Deployment[] };
    const isReady = items.every(({ spec, status }) => (status?.readyReplicas ?? 0) === spec.replicas);
    return isReady ? true : undefined;
  });
  for (const address of [addresses.gateway, addresses.selected])
    await until(`FreeTask through ${address}`, 30_000, () =>
      fetch(`${address}/readyz`).then(
        ({ ok }) => (ok ? (true as const) : undefined),
        () => undefined,
      ),
    );
}

/** PostgreSQL with the schema of the next release, reachable from pods. */
async function startDatabase(folder: string): Promise<{ readonly url: string; readonly stop: () => Promise<void> }> {
  await mkdir(folder, { recursive: true });
  const children = new Children(folder, () => {});
  const postgres = await startPostgres(5432, children, { address: addresses.node, clients: addresses.clients });
  const stop = async () => {
    await postgres.stop();
    await children.release();
  };
  try {
    const [node, ...program] = programCommand('api/migrate.ts');
    const env = { PATH: process.env['PATH'], DATABASE_URL: postgres.url };
    await promisify(execFile)(node, [...program, 'up', '--to', '2'], { env });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: postgres.url, stop };
}
