import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** Requests of users during a rollout. */
export interface Users {
  /** How many were answered, and each answer that no user should get. */
  readonly seen: () => { readonly answered: number; readonly lost: readonly string[] };
  readonly forget: () => void;
  readonly stop: () => Promise<void>;
}

/** `perSecond` requests on kept connections, each answered by the database; a status below 500 counts as served. */
export function startUsers(url: string, perSecond: number): Users {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let answered = 0;
  let lost: string[] = [];
  const pending = new Set<Promise<void>>();
  const send = () =>
    new Promise<void>((resolve) => {
      const fail = (why: string) => (lost.push(`${new Date().toISOString()} ${why}`), resolve());
      const body = JSON.stringify({ refreshToken: 'a-token-that-nobody-issued' });
      const options = request(
        `${url}/auth/refresh`,
        {
          method: 'POST',
          agent,
          timeout: 15_000,
          headers: { 'content-type': 'application/json', 'content-length': body.length },
        },
        (answer) => {
          answer.on('error', (error) => fail(error.message));
          answer.on('end', () => {
            answered += 1;
            if ((answer.statusCode ?? 500) >= 500) fail(`status ${answer.statusCode}`);
            else resolve();
          });
          answer.resume();
        },
      );
      options.on('timeout', () => options.destroy(new Error('no answer within 15 s')));
      options.on('error', (error) => fail(error.message));
      options.end(body);
    });
  const timer = setInterval(() => {
    const sent = send();
    pending.add(sent);
    void sent.then(() => pending.delete(sent));
  }, 1000 / perSecond);
  return {
    seen: () => ({ answered, lost }),
    forget: () => {
      answered = 0;
      lost = [];
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.race([Promise.all(pending), sleep(2000)]);
      agent.destroy();
    },
  };
}
