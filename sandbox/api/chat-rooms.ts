import { setTimeout as sleep } from 'node:timers/promises';
import { Client, type ClientConfig } from 'pg';
import { z } from 'zod';
import { connectionOptions, type Database } from './database.ts';
import type { Settings } from './settings.ts';

const channel = 'chat';

/** A notification holds 8000 bytes at most, so it carries the id of a message, which is then read from the table. */
const chatEvent = z.discriminatedUnion('type', [
  z.object({ type: z.literal('chat_message'), jobId: z.string(), messageId: z.string() }),
  z.object({ type: z.literal('typing'), jobId: z.string(), userId: z.string() }),
]);

type ChatEvent = z.infer<typeof chatEvent>;

export type Listener = { send(text: string): void };

/** A message as the API shows it. */
export const messageColumns = `id, job_id AS "jobId", user_id AS "userId", message,
  attachment IS NOT NULL AS attachment, created_at AS "createdAt"`;

export type ChatRooms = ReturnType<typeof createChatRooms>;

/** A listener of a job receives the events of every instance, because each event goes through PostgreSQL. */
export function createChatRooms(settings: Settings, database: Database) {
  const rooms = new Map<string, Set<Listener>>();
  const stopping = new AbortController();
  let deliveries = Promise.resolve();

  async function payloadOf(event: ChatEvent): Promise<unknown> {
    if (event.type === 'typing') return { userId: event.userId };
    const { rows } = await database.query<object>(`SELECT ${messageColumns} FROM chat_messages WHERE id = $1`, [
      event.messageId,
    ]);
    return rows[0];
  }

  async function deliver(event: ChatEvent): Promise<void> {
    if (!rooms.has(event.jobId)) return;
    const payload = await payloadOf(event);
    for (const listener of rooms.get(event.jobId) ?? []) listener.send(JSON.stringify({ type: event.type, payload }));
  }

  return {
    join(jobId: string, listener: Listener): () => void {
      const room = rooms.get(jobId) ?? new Set();
      rooms.set(jobId, room.add(listener));
      return () => {
        room.delete(listener);
        if (room.size === 0 && rooms.get(jobId) === room) rooms.delete(jobId);
      };
    },

    async publish(event: ChatEvent): Promise<void> {
      await database.query('SELECT pg_notify($1, $2)', [channel, JSON.stringify(event)]);
    },

    /** Resolves once this instance receives the events of the others, or at the first failure; it reconnects by itself. */
    listen(): Promise<void> {
      return new Promise((settled) => {
        void keepListening(connectionOptions(settings), stopping.signal, settled, (text) => {
          const event = chatEvent.parse(JSON.parse(text));
          // In order: two messages must not overtake each other while they are read.
          deliveries = deliveries.then(() => deliver(event)).catch(() => {});
        });
      });
    },

    close(): void {
      stopping.abort();
    },
  };
}

async function keepListening(
  options: ClientConfig,
  stopping: AbortSignal,
  settled: () => void,
  hear: (text: string) => void,
): Promise<void> {
  // Listened for from the start: an abort while a connection is being made is not announced again.
  const stopped = new Promise((resolve) => {
    stopping.addEventListener('abort', resolve, { once: true });
  });
  while (!stopping.aborted) {
    const client = new Client(options);
    const ended = new Promise<void>((resolve) => {
      client.on('end', resolve).on('error', () => resolve());
    });
    client.on('notification', ({ payload }) => hear(payload ?? ''));
    try {
      await client.connect();
      await client.query(`LISTEN ${channel}`);
      settled();
      await Promise.race([ended, stopped]);
    } catch {
      settled();
    }
    await client.end().catch(() => {});
    await sleep(500, undefined, { signal: stopping, ref: false }).catch(() => {});
  }
}
