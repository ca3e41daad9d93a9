import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { releases } from '../releases.ts';
import type { Fleet } from './fleet.ts';
import type { Operation } from './operations.ts';

export interface Control {
  readonly address: string;
  readonly token: string;
  readonly stop: () => Promise<void>;
}

/** Operations on parts of the fleet over HTTP: `POST /green/stop`, `POST /green/start?release=R`, `POST /haproxy/restart`. */
export async function startControl({ operate }: Pick<Fleet, 'operate'>): Promise<Control> {
  const token = randomBytes(24).toString('base64url');
  const expected = Buffer.from(`Bearer ${token}`);
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return void answer(401, { error: 'not authorised' });
    const operation = operationIn(request.url ?? '');
    if (operation.release !== undefined && !releases.some(({ name }) => name === operation.release))
      return void answer(404, { error: `there is no release "${operation.release}"; known: ${knownReleases()}` });
    const operating = request.method === 'POST' ? operate(operation) : undefined;
    if (!operating) {
      const known = 'stop or start blue, green or database; reload or restart haproxy';
      return void answer(404, { error: `there is no "${operation.verb} ${operation.part}": ${known}` });
    }
    operating.then(
      (endings) => answer(200, { endings }),
      (error: unknown) => answer(500, { error: error instanceof Error ? error.message : String(error) }),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}`,
    token,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

function operationIn(url: string): Operation {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, part = '', verb = ''] = /^\/([a-z]+)\/([a-z]+)$/.exec(pathname) ?? [];
  return { verb, part, release: searchParams.get('release') ?? undefined };
}

const knownReleases = (): string => releases.map(({ name }) => name).join(', ');
