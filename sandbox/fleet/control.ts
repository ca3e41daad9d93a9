import { randomBytes, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Fleet } from './fleet.ts';

export interface Control {
  readonly address: string;
  readonly token: string;
  readonly stop: () => Promise<void>;
}

/** Lets a command from outside do something to a part of the fleet: `POST /green/stop`, `POST /haproxy/restart`. */
export async function startControl({ act }: Pick<Fleet, 'act'>): Promise<Control> {
  const token = randomBytes(24).toString('base64url');
  const expected = Buffer.from(`Bearer ${token}`);
  const server = createServer((request, response) => {
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    const given = Buffer.from(request.headers.authorization ?? '');
    if (given.length !== expected.length || !timingSafeEqual(given, expected))
      return void answer(401, { error: 'not authorised' });
    const [, part = '', verb = ''] = /^\/([a-z]+)\/([a-z]+)$/.exec(request.url ?? '') ?? [];
    const acting = request.method === 'POST' ? act(verb, part) : undefined;
    if (!acting) {
      const known = 'stop or start blue, green or database; reload or restart haproxy';
      return void answer(404, { error: `there is no "${verb} ${part}": ${known}` });
    }
    acting.then(
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
