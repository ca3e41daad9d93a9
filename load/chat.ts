import { WebSocket } from 'k6/websockets';
import type { Role } from '../src/core/target.ts';
import { apiUrl } from './question.ts';
import { bearer } from './session.ts';

export interface Chat {
  readonly say: (message: string) => void;
  /** Whether the message comes in, or has come in, while anybody would still wait for it. */
  readonly hears: (message: string) => Promise<boolean>;
  readonly leave: () => void;
}

const patienceMs = 2000;

/** Opens a job's chat. Where the target refuses it, nothing is ever heard there; it does not throw. */
export async function openChat(jobId: string, role: Role): Promise<Chat> {
  const socket = new WebSocket(`${apiUrl.replace(/^http/, 'ws')}/chat/${jobId}`, null, {
    headers: { Authorization: bearer(role) },
    tags: { name: '/chat/:jobId' },
  });
  const heard = new Set<string>();
  let listen = () => {};
  let state: 'connecting' | 'open' | 'closed' = 'connecting';
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => {
      state = 'open';
      resolve();
    };
    socket.onclose = socket.onerror = () => {
      state = 'closed';
      resolve();
      listen();
    };
  });
  socket.onmessage = (event) => {
    heard.add(messageOf(event?.data));
    listen();
  };
  await within(opened);

  return {
    say: (message) => {
      if (state === 'open') socket.send(JSON.stringify({ type: 'chat_message', message }));
    },
    hears: async (message) => {
      const arrival = new Promise<void>((resolve) => {
        listen = () => {
          if (state === 'closed' || heard.has(message)) resolve();
        };
        listen();
      });
      await within(arrival);
      return heard.has(message);
    },
    leave: () => socket.close(),
  };
}

/** A timer that is still set keeps a visitor from leaving, so it is always cleared. */
async function within(event: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const patience = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, patienceMs);
  });
  await Promise.race([event, patience]);
  clearTimeout(timer);
}

function messageOf(data: unknown): string {
  try {
    const { type, payload } = JSON.parse(String(data)) as { type?: string; payload?: { message?: unknown } };
    return type === 'chat_message' ? String(payload?.message) : '';
  } catch {
    return '';
  }
}
