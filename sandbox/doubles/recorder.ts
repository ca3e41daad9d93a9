import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';
import { crashlytics } from './crashlytics.ts';
import { github } from './github.ts';
import { sentry } from './sentry.ts';
import { type Answer, type Double, type FailureMode, failureModes, type Received, type Route } from './service.ts';
import { slack } from './slack.ts';
import { unleash } from './unleash.ts';

export interface Recorder {
  readonly address: string;
  /** For @sentry/node. */
  readonly sentryDsn: string;
  readonly received: () => readonly Received[];
  /** Lets a service fail from now on, for so many requests; undefined: it works again. */
  readonly fail: (service: string, mode: FailureMode | undefined, requests?: number) => void;
  readonly stop: () => Promise<void>;
}

/** Limit of the recorded requests: a soak must not fill the memory. */
const remembered = 5000;
/** Longer than any client waits for an answer. */
const slowMs = 120_000;

type Failures = Map<string, { readonly mode: FailureMode; left: number }>;

/**
 * One server for every external service. It answers as the real APIs do, refuses what they refuse, remembers what it was
 * given, and lists what it received: `GET /_recorded?service=sentry`. `POST /_fail?service=slack&mode=down&requests=2` lets a
 * service fail; without `mode` it works again. `GET /_state?service=sentry` lists what the answers of a service are made of, and
 * `POST` with an object replaces members of it.
 */
export async function startRecorder(): Promise<Recorder> {
  // Sentry has no prefix, because its clients build their own paths from the host, so it is matched last.
  const doubles: readonly Double[] = [slack(), github(), crashlytics(), unleash(), sentry()];
  const received: Received[] = [];
  const failures: Failures = new Map();
  const fail: Recorder['fail'] = (service, mode, requests = Infinity) => {
    if (!doubles.some(({ name }) => name === service)) throw new Error(`there is no double ${service}`);
    if (mode === undefined) failures.delete(service);
    else failures.set(service, { mode, left: requests });
  };
  const closing = new AbortController();
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/_recorded') return answerJson(response, listed(url, received));
    if (url.pathname === '/_fail' && request.method === 'POST') return switchFailure(url, response, fail);
    if (url.pathname === '/_state') return void changeState(request, url, response, doubles);
    void serve({ request, response, url, doubles, failures, closing: closing.signal }, (each) => {
      received.push(each);
      if (received.length > remembered) received.shift();
    }).catch(() => response.destroy());
    return undefined;
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}`,
    sentryDsn: `http://freetask@127.0.0.1:${port}/1`,
    received: () => received,
    fail,
    stop: async () => {
      closing.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

const listed = (url: URL, received: readonly Received[]): readonly Received[] => {
  const service = url.searchParams.get('service');
  return received.filter((each) => service === null || each.service === service);
};

const answerJson = (response: ServerResponse, body: unknown, status = 200): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

function switchFailure(url: URL, response: ServerResponse, fail: Recorder['fail']): void {
  const mode = url.searchParams.get('mode') ?? undefined;
  const requests = Number(url.searchParams.get('requests') ?? Infinity);
  try {
    if (mode !== undefined && !(failureModes as readonly string[]).includes(mode))
      throw new Error(`mode is one of ${failureModes.join(', ')}`);
    fail(url.searchParams.get('service') ?? '', mode as FailureMode | undefined, requests);
    answerJson(response, { ok: true });
  } catch (error) {
    answerJson(response, { error: error instanceof Error ? error.message : String(error) }, 400);
  }
}

/** Answers the state of a double, after a POST as it is from now on. */
async function changeState(
  request: IncomingMessage,
  url: URL,
  response: ServerResponse,
  doubles: readonly Double[],
): Promise<void> {
  const name = url.searchParams.get('service');
  const state = doubles.find((double) => double.name === name)?.state;
  if (!state) return answerJson(response, { error: `the double ${name} has no state` }, 400);
  const given = request.method === 'POST' ? (JSON.parse(await readBody(request)) as Record<string, unknown>) : {};
  const unknown = Object.keys(given).find((key) => !Object.hasOwn(state, key));
  if (unknown !== undefined)
    return answerJson(response, { error: `${unknown} is none of ${Object.keys(state).join(', ')}` }, 400);
  Object.assign(state, given);
  answerJson(response, state);
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly url: URL;
  readonly doubles: readonly Double[];
  readonly failures: Failures;
  readonly closing: AbortSignal;
}

async function serve(exchange: Exchange, record: (received: Received) => void): Promise<void> {
  const { request, response, url, doubles, closing } = exchange;
  const raw = await readBody(request);
  const double = doubles.find(({ prefix }) => prefix === '' || url.pathname.startsWith(`${prefix}/`)) ?? doubles.at(-1);
  if (!double) throw new Error('no doubles');
  const body = parseBody(raw, request.headers['content-type']);
  const mode = failureOf(double, exchange.failures);
  const withoutEffect = mode !== undefined && mode !== 'lost';
  const answer = withoutEffect ? failed(mode, double) : answerOf(double, { request, url, body });
  record({
    service: double.name,
    at: new Date().toISOString(),
    method: request.method ?? '',
    path: url.pathname,
    query: Object.fromEntries(url.searchParams),
    body,
    status: mode === 'down' || mode === 'slow' ? 0 : answer.status,
  });
  if (mode === 'slow') await sleep(slowMs, undefined, { signal: closing });
  if (mode === 'down' || mode === 'lost' || mode === 'slow') return void response.destroy();
  const text = typeof answer.body === 'string';
  const type = { 'content-type': text ? 'text/plain' : 'application/json' };
  response
    .writeHead(answer.status, { ...type, ...answer.headers })
    .end(text ? answer.body : JSON.stringify(answer.body));
}

function failureOf({ name }: Double, failures: Failures): FailureMode | undefined {
  const failure = failures.get(name);
  if (!failure || failure.left <= 0) return undefined;
  failure.left -= 1;
  return failure.mode;
}

function failed(mode: FailureMode, { refusal }: Double): Answer {
  if (mode === 'rate-limited')
    return { status: 429, headers: { 'retry-after': '1' }, body: { message: 'rate limited' } };
  return mode === 'refusing' ? refusal : { status: 503, body: 'Service Unavailable' };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
}

function answerOf(
  double: Double,
  { request, url, body }: Pick<Exchange, 'request' | 'url'> & { readonly body: unknown },
): Answer {
  const path = url.pathname.slice(double.prefix.length);
  const refusal = double.refuse(request.headers, url.searchParams, path);
  if (refusal) return refusal;
  for (const route of double.routes) {
    const params = route.method === request.method ? matchPath(route, path) : undefined;
    if (!params) continue;
    const parsed = route.body?.safeParse(body);
    if (parsed && !parsed.success) {
      const why = parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ');
      return double.invalid(why, path);
    }
    return route.answer({ params, query: url.searchParams, body });
  }
  return double.notFound;
}

/** Parsed where it is JSON or a form; an envelope has several lines of JSON and stays text. */
function parseBody(raw: string, type = ''): unknown {
  if (raw === '') return undefined;
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(raw));
  try {
    return JSON.parse(raw);
  } catch {
    return raw;
  }
}

function matchPath(route: Route, path: string): Record<string, string> | undefined {
  const wanted = route.path.split('/');
  const given = path.split('/');
  if (wanted.length !== given.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const value = given[index] ?? '';
    if (part.startsWith(':') && value !== '') params[part.slice(1)] = decodeURIComponent(value);
    else if (part !== value) return undefined;
  }
  return params;
}
