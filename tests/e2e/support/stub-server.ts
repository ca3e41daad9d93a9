import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';

export interface StubServer extends AsyncDisposable {
  readonly url: string;
}

/** A server that is not FreeTask, on a free port. */
export async function startStubServer(answer: RequestListener): Promise<StubServer> {
  const server = createServer(answer);
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** An address where nothing listens: its port was free a moment ago. */
export async function deadAddress(): Promise<string> {
  const server = await startStubServer(() => undefined);
  await server[Symbol.asyncDispose]();
  return server.url;
}
