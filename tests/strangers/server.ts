import { randomBytes, randomInt, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { openChatServer } from './chat.ts';
import { type Defects, type Habits } from './habits.ts';
import { openMarketplace, Refused, type Result, type User } from './marketplace.ts';
import { openMetrics } from './metrics.ts';

export interface Stranger extends AsyncDisposable {
  readonly url: string;
  /** Every answer so far: `POST /payments/escrow 201` by its request id. */
  readonly answers: ReadonlyMap<string, string>;
}

export const release = 'freetask@7.0.0';
export const password = 'a-password-of-the-fixture';
export const users: readonly User[] = (['client', 'freelancer', 'client2', 'freelancer2', 'admin'] as const).map(
  (name) => ({
    id: name,
    name,
    role: name.replace('2', '') as User['role'],
    email: `${name}@example.com`,
  }),
);

/** A server of FreeTask's contract with habits and defects of its own, in memory. */
export async function startFreeTask(habits: Habits, defects: Defects = {}): Promise<Stranger> {
  const sessions = new Map<string, User>();
  const refreshTokens = new Map<string, User>();
  const codes = new Map<string, string>();
  const answers = new Map<string, string>();
  const metrics = openMetrics(habits.metrics);
  const marketplace = openMarketplace(defects);
  const limit = limiterOf(habits.limit);
  let probes = 0;

  const headers = () => ({
    ...(habits.requestIdHeader === 'none' ? {} : { [habits.requestIdHeader]: randomUUID() }),
    [habits.releaseHeader]: release,
  });
  const userOf = (request: IncomingMessage): User => {
    const user = sessions.get(request.headers.authorization?.replace(/^Bearer /, '') ?? '');
    if (!user) throw new Refused(401, 'Who are you?');
    return user;
  };
  const openSession = (user: User | undefined): Result => {
    if (!user) throw new Refused(401, 'Not the right secret');
    const [accessToken, refreshToken] = [randomBytes(24).toString('hex'), randomBytes(24).toString('hex')];
    sessions.set(accessToken, user);
    refreshTokens.set(refreshToken, user);
    return { status: 200, data: { accessToken, refreshToken, user } };
  };
  const byEmail = (email: unknown) => users.find((user) => user.email === email);

  const logIns: Readonly<Record<string, (body: Readonly<Record<string, unknown>>) => Result>> = {
    [`POST ${habits.auth}/login`]: ({ email, password: given }) => {
      const user = byEmail(email);
      if (habits.login === 'password') return openSession(given === password ? user : undefined);
      if (!user) throw new Refused(404, 'Nobody has this address');
      const otp = String(randomInt(1_000_000)).padStart(6, '0');
      codes.set(user.email, otp);
      return { status: 200, data: { otpSent: true, otp } };
    },
    [`POST ${habits.auth}/verify-otp`]: ({ email, otp }) => {
      const right = typeof otp === 'string' && codes.get(String(email)) === otp;
      if (right) codes.delete(String(email));
      return openSession(right ? byEmail(email) : undefined);
    },
    [`POST ${habits.auth}/refresh`]: ({ refreshToken }) => {
      const user = refreshTokens.get(String(refreshToken));
      if (!user) throw new Refused(401, 'Invalid refresh token');
      const { data } = openSession(user);
      return { status: 200, data: { accessToken: (data as { accessToken: string }).accessToken } };
    },
  };

  async function decide(request: IncomingMessage, url: URL): Promise<Result> {
    const { method = '' } = request;
    if (method === 'GET' && url.pathname === habits.health) {
      probes += 1;
      return defects.unstable && probes % 2 === 0 ? { status: 503, data: {} } : { status: 200, data: { status: 'ok' } };
    }
    if (method === 'GET' && url.pathname === habits.ready) return { status: 200, data: { status: 'ready' } };
    const body = await readBody(request);
    const logIn = logIns[`${method} ${url.pathname}`];
    if (logIn && !(habits.login === 'password' && url.pathname.endsWith('/verify-otp'))) return logIn(json(body));
    const { route, id } = routeOf(method, url.pathname.slice(habits.api.length));
    const rule = url.pathname.startsWith(habits.api) ? marketplace.rules[route] : undefined;
    if (!rule || habits.absent.some((each) => route === each || route.endsWith(` ${each}`)))
      throw new Refused(404, 'No such route');
    const key = request.headers['idempotency-key'];
    return rule({ user: userOf(request), body: json(body), query: url.searchParams, key: key?.toString(), id });
  }

  const server = createServer((request, response) => void answer(request, response));
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const began = performance.now();
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/metrics') return void response.end(metrics.page());
    const own = headers();
    const limited = limit();
    const result = limited
      ? { status: 429, data: errorBody(habits, new Refused(429, 'Too many requests'), own) }
      : await decide(request, url).then(
          ({ status, data }) => ({ status, data: wrap(habits, data, own) }),
          (error: unknown) => refusalOf(error, habits, own),
        );
    const route = routeOf(request.method ?? '', url.pathname.slice(habits.api.length)).route;
    answers.set(own[habits.requestIdHeader] ?? '', `${route} ${result.status}`);
    metrics.count(route, result.status, performance.now() - began);
    const type = result.status >= 400 && habits.errors === 'problem' ? 'application/problem+json' : 'application/json';
    response
      .writeHead(result.status, {
        ...own,
        'content-type': type,
        ...(limited ? { 'retry-after': String(limited) } : {}),
      })
      .end(JSON.stringify(result.data));
  }

  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  const chat = openChatServer({ habits, defects, marketplace, userOf, headers });
  server.on('upgrade', chat.upgrade);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answers,
    [Symbol.asyncDispose]: async () => {
      chat.close();
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** The seconds after which a call is allowed again; undefined where it is allowed now. */
function limiterOf(limit: Habits['limit']): () => number | undefined {
  let count = 0;
  let until: number | undefined;
  return () => {
    if (!limit) return undefined;
    if (until !== undefined && Date.now() >= until) [count, until] = [0, undefined];
    if (count >= limit.requests || (limit.from === 'first' && count === 0)) until ??= Date.now() + limit.perMs;
    if (count >= limit.requests) return Math.max(1, Math.ceil(((until ?? 0) - Date.now()) / 1000));
    count += 1;
    return undefined;
  };
}

const routeOf = (method: string, path: string): { readonly route: string; readonly id: string } => {
  const [, first = '', id = '', last = ''] = /^\/(jobs|chat)\/([^/]+)(\/.*)?$/.exec(path) ?? [];
  return first === '' ? { route: `${method} ${path}`, id } : { route: `${method} /${first}/:id${last}`, id };
};

async function readBody(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text;
}

function json(text: string): Readonly<Record<string, unknown>> {
  try {
    return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
  } catch {
    throw new Refused(400, 'The body is not JSON');
  }
}

const wrap = (habits: Habits, data: unknown, own: Readonly<Record<string, string>>): unknown =>
  habits.envelope === 'bare' ? data : { [habits.envelope]: data, requestId: own[habits.requestIdHeader] };

function refusalOf(error: unknown, habits: Habits, own: Readonly<Record<string, string>>): Result {
  const refused = error instanceof Refused ? error : new Refused(500, String(error));
  return { status: refused.status, data: errorBody(habits, refused, own) };
}

function errorBody(
  { errors, requestIdHeader }: Habits,
  { status, message, details }: Refused,
  own: Record<string, string>,
) {
  if (errors === 'freetask')
    return { error: { message, ...(details ? { details } : {}) }, requestId: own[requestIdHeader] };
  return { type: 'about:blank', title: message, status, ...(details ? { errors: details } : {}) };
}
