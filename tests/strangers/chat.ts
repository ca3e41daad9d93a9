import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { Defects, Habits } from './habits.ts';
import { type Marketplace, Refused, type User } from './marketplace.ts';

interface Shared {
  readonly habits: Habits;
  readonly defects: Defects;
  readonly marketplace: Marketplace;
  readonly userOf: (request: IncomingMessage) => User;
  readonly headers: () => Record<string, string>;
}

/** The WebSocket of a job's chat. */
export function openChatServer({ habits, defects, marketplace, userOf, headers }: Shared) {
  const server = new WebSocketServer({ noServer: true });
  const rooms = new Map<string, Set<WebSocket>>();
  server.on('headers', (lines) => lines.push(...Object.entries(headers()).map(([name, value]) => `${name}: ${value}`)));

  const broadcast = (id: string, frame: object) => {
    for (const each of rooms.get(id) ?? []) each.send(JSON.stringify(frame));
  };
  // Messages over HTTP are delivered too.
  marketplace.onMessage(broadcast);

  function refuse(socket: Duplex, status: number): void {
    const own = { ...headers() };
    if (defects.namelessUpgrade) delete own[habits.requestIdHeader];
    const lines = Object.entries(own).map(([name, value]) => `${name}: ${value}\r\n`);
    socket.end(`HTTP/1.1 ${status} Refused\r\n${lines.join('')}Content-Length: 0\r\nConnection: close\r\n\r\n`);
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => undefined);
    try {
      const [, id = ''] = /^\/chat\/([^/?]+)$/.exec((request.url ?? '').slice(habits.api.length)) ?? [];
      const user = userOf(request);
      marketplace.mayChat(id, user);
      server.handleUpgrade(request, socket, head, (client) => {
        const room = rooms.get(id) ?? new Set();
        rooms.set(id, room.add(client));
        client.on('close', () => room.delete(client));
        if (!habits.answersClose) muteClose(client);
        client.on('message', (data: Buffer) => {
          const { type, message } = JSON.parse(data.toString('utf8')) as { type: string; message?: string };
          if (type === 'chat_message') marketplace.write(id, user, String(message), false);
          else broadcast(id, { type, payload: { userId: user.id } });
        });
      });
    } catch (error) {
      refuse(socket, error instanceof Refused ? error.status : 500);
    }
  }
  return { upgrade, close: () => server.close() };
}

/** Never answers a Close frame: the peer waits until it gives up. */
function muteClose(client: WebSocket): void {
  const receiver = Reflect.get(client, '_receiver') as NodeJS.EventEmitter;
  receiver.removeAllListeners('conclude');
}
