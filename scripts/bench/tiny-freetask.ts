import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type WebSocket, WebSocketServer } from 'ws';

/** Changes the answer to a request; undefined leaves it as it is. */
export type Spoil = (request: IncomingMessage) =>
  | {
      readonly delayMs?: number;
      readonly status?: number;
      readonly text?: string;
      /** X-App-Release; null for an answer without it, as of a front. */
      readonly release?: string | null;
    }
  | undefined;

export interface TinyFreeTask extends AsyncDisposable {
  readonly url: string;
  readonly requests: () => number;
  readonly server: Server;
}

const page = JSON.stringify({
  data: {
    items: Array.from({ length: 20 }, (_, index) => ({
      id: `job-${index}`,
      title: `A job of the benchmark, number ${index}`,
      description: 'A short description of the work to do. '.repeat(4),
      category: 'shiproom-load',
      budget: 100,
      status: 'OPEN',
      payment_state: 'PENDING_ESCROW',
      createdAt: '2026-01-01T00:00:00.000Z',
    })),
    page: 1,
    pageSize: 20,
    total: 20,
  },
});

/** The answers of a FreeTask without state, checks or delays, unless `spoil` changes them. */
export async function startTinyFreeTask(
  spoil: Spoil = () => undefined,
  { answersClose = true }: { readonly answersClose?: boolean } = {},
): Promise<TinyFreeTask> {
  const sockets = new Map<string, WebSocket>();
  let requests = 0;
  const deliver = (jobId: string, message: string) =>
    sockets.get(jobId)?.send(JSON.stringify({ type: 'chat_message', payload: { message } }));

  const server = createServer((request, response) => {
    void (async () => {
      requests += 1;
      const body = await readJson(request);
      const { delayMs = 0, ...spoiled } = spoil(request) ?? {};
      if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
      const { status, text, release = 'freetask@1.5.0' } = { ...answerTo(request, body, requests), ...spoiled };
      const [, chat, jobId = ''] = pathOf(request).split('/');
      if (chat === 'chat' && status === 201) deliver(jobId, String(body['message']));
      send(response, { status, text, release, serial: requests });
    })();
  });
  const webSockets = new WebSocketServer({ server });
  webSockets.on('connection', (socket, request) => {
    const jobId = pathOf(request).split('/')[2] ?? '';
    sockets.set(jobId, socket);
    // Without this listener the frame that closes the connection is read and not answered.
    if (!answersClose) (Reflect.get(socket, '_receiver') as NodeJS.EventEmitter).removeAllListeners('conclude');
    socket.on('close', () => sockets.delete(jobId));
    socket.on('message', (data: Buffer) =>
      deliver(jobId, (JSON.parse(data.toString()) as { message: string }).message),
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: () => requests,
    server,
    [Symbol.asyncDispose]: async () => {
      for (const socket of webSockets.clients) socket.terminate();
      server.closeAllConnections();
      server.close();
      if (server.listening) await once(server, 'close');
    },
  };
}

function answerTo(
  request: IncomingMessage,
  body: Readonly<Record<string, unknown>>,
  serial: number,
): { status: number; text: string } {
  const path = pathOf(request);
  const answer = (status: number, data: unknown) => ({ status, text: JSON.stringify({ data }) });
  if (request.method === 'GET' && path.startsWith('/chat/'))
    return answer(200, { items: [{ message: 'When could you begin?' }], total: 1 });
  if (request.method === 'GET') return { status: 200, text: page };
  if (path === '/jobs') return answer(201, { id: `job-${serial}`, status: 'OPEN', payment_state: 'PENDING_ESCROW' });
  if (path === '/bids') return answer(201, { id: `bid-${serial}`, jobId: body['jobId'] });
  if (path === '/payments/escrow')
    return answer(201, { jobId: body['jobId'], payment_state: 'ESCROWED', status: 'IN_PROGRESS' });
  if (path === '/payments/release')
    return answer(200, { jobId: body['jobId'], payment_state: 'RELEASED', status: 'COMPLETED' });
  if (path.startsWith('/chat/')) return answer(201, { message: body['message'] });
  if (path === '/auth/refresh') return answer(200, { accessToken: 'fresh' });
  return { status: 404, text: JSON.stringify({ error: { message: 'No such route' } }) };
}

const pathOf = (request: IncomingMessage): string => request.url?.split('?')[0] ?? '';

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly release: string | null;
  readonly serial: number;
}

function send(response: ServerResponse, { status, text, release, serial }: Answer): void {
  response.writeHead(status, {
    'content-type': 'application/json',
    'x-request-id': `request-${serial}`,
    ...(release === null ? {} : { 'x-app-release': release }),
  });
  response.end(text);
}

async function readJson(request: IncomingMessage): Promise<Record<string, unknown>> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
