import ws from 'k6/ws';
import { apiUrl, type Role } from './question.ts';
import { headersOf } from './session.ts';

export interface Exchange {
  /** Once the chat is open: writes the question by other means, and returns whether that succeeded. */
  readonly ask: () => boolean;
  readonly question: string;
  readonly reply: string;
}

export interface Exchanged {
  /** Whether the question was written; absent where the chat did not open. */
  readonly asked?: boolean;
  /** Both messages, over the WebSocket. */
  readonly received: boolean;
}

const timeoutMs = 2000;

/**
 * A job's chat: the question is received, answered, and the reply received as well. Where the target refuses the chat, nothing
 * is asked; it does not throw. Only k6/ws drops the connection by itself: k6/websockets waits for the peer to answer its Close,
 * and k6 does not end before that.
 */
export function exchange(jobId: string, role: Role, { ask, question, reply }: Exchange): Exchanged {
  let asked: boolean | undefined;
  let received = false;
  let awaited = question;
  const params = { headers: headersOf(role, 'GET') };
  ws.connect(`${apiUrl.replace(/^http/, 'ws')}/chat/${jobId}`, params, (socket) => {
    const expect = (message: string) => {
      awaited = message;
      socket.setTimeout(() => {
        if (awaited === message) socket.close();
      }, timeoutMs);
    };
    socket.on('open', () => {
      asked = ask();
      if (asked) expect(question);
      else socket.close();
    });
    socket.on('message', (data) => {
      if (messageOf(data) !== awaited) return;
      if (awaited === reply) {
        received = true;
        socket.close();
        return;
      }
      expect(reply);
      socket.send(JSON.stringify({ type: 'chat_message', message: reply }));
    });
  });
  return { received, ...(asked === undefined ? {} : { asked }) };
}

function messageOf(data: unknown): string {
  try {
    const { type, payload } = JSON.parse(String(data)) as { type?: string; payload?: { message?: unknown } };
    return type === 'chat_message' ? String(payload?.message) : '';
  } catch {
    return '';
  }
}
