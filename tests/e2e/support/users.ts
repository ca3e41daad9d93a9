import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

/** People who use a deployment while something is done to it. */
export interface Users {
  /** How many were answered, and what each answer that no user should see was. */
  readonly seen: () => { readonly answered: number; readonly lost: readonly string[] };
  readonly forget: () => void;
  readonly stop: () => Promise<void>;
}

/** So many requests a second on kept connections, each answered by the database; an answer below 500 is a good one. */
export function startUsers(url: string, perSecond: number): Users {
  const agent = new Agent({ keepAlive: true, maxSockets: 16 });
  let answered = 0;
  let lost: string[] = [];
  const pending = new Set<Promise<void>>();
  const ask = () =>
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
    const asked = ask();
    pending.add(asked);
    void asked.then(() => pending.delete(asked));
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
