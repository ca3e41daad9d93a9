import { once } from 'node:events';
import { createServer, type IncomingMessage, request as forward, type ServerResponse } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** How the proxy changes an answer before it forwards it. */
export type Distort = (request: { readonly method: string; readonly path: string }, answer: Answer) => Answer;

export interface Proxy extends AsyncDisposable {
  readonly url: string;
  /** HTTP requests so far. */
  readonly requests: () => number;
  /** Closes the listener and every connection. */
  readonly vanish: () => void;
}

/**
 * A proxy between the suite and a FreeTask that changes its answers. Every proxy has a client address of its own, so that
 * tests do not share a rate limit.
 */
export async function startProxy(to: string, distort: Distort = (_, answer) => answer): Promise<Proxy> {
  const target = new URL(to);
  const sockets = new Set<Socket>();
  let requests = 0;
  const server = createServer((request, response) => {
    requests += 1;
    const headers = { ...request.headers, 'x-forwarded-for': clientAddress };
    const { hostname, port } = target;
    const forwarded = forward({ hostname, port, method: request.method, path: request.url, headers }, (answer) => {
      void answerAs(distort, request, answer, response);
    });
    forwarded.on('error', () => response.destroy());
    request.pipe(forwarded);
  });
  const clientAddress = `10.${randomByte()}.${randomByte()}.${randomByte()}`;
  // A WebSocket is forwarded unchanged.
  server.on('upgrade', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const behind = connect(Number(target.port), target.hostname, () => {
      const lines = Object.entries(request.headers).map(([name, value]) => `${name}: ${String(value)}`);
      behind.write(`${request.method} ${request.url} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`);
      behind.write(head);
      behind.pipe(socket).pipe(behind);
    });
    sockets.add(behind);
    for (const end of [behind, socket]) end.on('error', () => [behind, socket].forEach((each) => each.destroy()));
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const vanish = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return {
    url: `http://127.0.0.1:${port}`,
    requests: () => requests,
    vanish,
    [Symbol.asyncDispose]: async () => {
      const closed = server.listening ? once(server, 'close') : undefined;
      vanish();
      await closed;
    },
  };
}

async function answerAs(
  distort: Distort,
  { method = '', url = '' }: IncomingMessage,
  answer: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    let text = '';
    answer.setEncoding('utf8');
    for await (const chunk of answer) text += String(chunk);
    const changed = distort({ method, path: url.split('?')[0] ?? '' }, { status: answer.statusCode ?? 0, text });
    const { 'content-length': _, 'transfer-encoding': __, ...headers } = answer.headers;
    response.writeHead(changed.status, headers).end(changed.text);
  } catch {
    response.destroy();
  }
}

const randomByte = (): number => Math.floor(Math.random() * 256);
