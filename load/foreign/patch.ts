import http from 'k6/http';
import ws from 'k6/ws';
// @ts-expect-error The types lack the default export, which is the object that every import shares.
import websockets from 'k6/websockets';
import { countAnswer, countSilence, countSocket } from './counting.ts';

/*
 * The script imports the same objects of k6, by whatever name: replaced here, before its own modules are executed, every
 * request of it is counted.
 */

type Call = (...args: unknown[]) => unknown;
type Answer = Parameters<typeof countAnswer>[0];
const own = http as unknown as Record<string, Call>;

for (const name of ['get', 'head', 'post', 'put', 'patch', 'del', 'options', 'request']) {
  const real = own[name];
  if (!real) continue;
  const at = name === 'request' ? 1 : 0;
  own[name] = (...args) => {
    const answer = orSilence(() => real(...args)) as Answer;
    countAnswer(answer, addressOf(args[at]));
    return answer;
  };
}

const { asyncRequest, batch } = own;
own['asyncRequest'] = async (...args) => {
  try {
    const answer = (await asyncRequest?.(...args)) as Answer;
    countAnswer(answer, addressOf(args[1]));
    return answer;
  } catch (error) {
    if (isOfNetwork(error)) countSilence();
    throw error;
  }
};
own['batch'] = (requests, ...more) => {
  const answers = orSilence(() => batch?.(requests, ...more)) as Record<string, Answer>;
  for (const [key, answer] of Object.entries(answers)) {
    const asked = (requests as Record<string, unknown>)[key];
    countAnswer(answer, addressOf(Array.isArray(asked) ? asked[1] : asked));
  }
  return answers;
};

const { connect } = ws;
(ws as { connect: unknown }).connect = (...args: Parameters<typeof connect>) => {
  countSocket(args[0]);
  return connect(...args);
};
type Open = new (address: string, ...more: unknown[]) => object;
const shared = websockets as { WebSocket: Open };
shared.WebSocket = new Proxy(shared.WebSocket, {
  construct: (RealSocket, [address, ...more]: [string, ...unknown[]]) => {
    countSocket(address);
    return new RealSocket(address, ...more);
  },
});

/** The address of a request: text, what http.url`…` returns, or an object with `url`. */
function addressOf(asked: unknown): string {
  if (typeof asked !== 'object' || asked === null) return String(asked);
  const { url } = asked as { url?: unknown };
  return typeof url === 'string' ? url : '';
}

/** With the option `throw`, a request without an answer is an exception. */
function orSilence(request: () => unknown): unknown {
  try {
    return request();
  } catch (error) {
    if (isOfNetwork(error)) countSilence();
    throw error;
  }
}

const isOfNetwork = (error: unknown): boolean =>
  /^(GoError: )?(request timeout|[A-Z][a-z]+ "https?:)/.test(String(error));
