import { WebSocket } from 'k6/websockets';
import { apiUrl, type Role } from './question.ts';
import { headersOf } from './session.ts';

export interface Chat {
  readonly send: (message: string) => void;
  /** Whether the message was received before the time-out. */
  readonly receives: (message: string) => Promise<boolean>;
  readonly close: () => void;
}

const timeoutMs = 2000;

/** Opens a job's chat. Where the target refuses it, no message is received; it does not throw. */
export async function openChat(jobId: string, role: Role): Promise<Chat> {
  const socket = new WebSocket(`${apiUrl.replace(/^http/, 'ws')}/chat/${jobId}`, null, {
    headers: headersOf(role, 'GET'),
  });
  const received = new Set<string>();
  let notify = () => {};
  let state: 'connecting' | 'open' | 'closed' = 'connecting';
  const opened = new Promise<void>((resolve) => {
    socket.onopen = () => {
      state = 'open';
      resolve();
    };
    socket.onclose = socket.onerror = () => {
      state = 'closed';
      resolve();
      notify();
    };
  });
  socket.onmessage = (event) => {
    received.add(messageOf(event?.data));
    notify();
  };
  await within(opened);

  return {
    send: (message) => {
      if (state === 'open') socket.send(JSON.stringify({ type: 'chat_message', message }));
    },
    receives: async (message) => {
      const arrival = new Promise<void>((resolve) => {
        notify = () => {
          if (state === 'closed' || received.has(message)) resolve();
        };
        notify();
      });
      await within(arrival);
      return received.has(message);
    },
    close: () => socket.close(),
  };
}

/** A pending timer keeps the iteration from ending, so it is always cleared. */
async function within(event: Promise<void>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, timeoutMs);
  });
  await Promise.race([event, timeout]);
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
