import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { crashlytics } from './crashlytics.ts';
import { github } from './github.ts';
import { sentry } from './sentry.ts';
import type { Answer, Double, Received, Route } from './service.ts';
import { slack } from './slack.ts';

export interface Recorder {
  readonly address: string;
  /** For @sentry/node. */
  readonly sentryDsn: string;
  readonly received: () => readonly Received[];
  readonly stop: () => Promise<void>;
}

/** Sentry has no prefix, because its clients build their own paths from the host, so it is matched last. */
const doubles: readonly Double[] = [slack, github, crashlytics, sentry];

/** Limit of the recorded requests: a soak must not fill the memory. */
const remembered = 5000;

/**
 * One server for every external service. It answers as the real APIs do, refuses what they refuse, and lists what it
 * received: `GET /_recorded?service=sentry`.
 */
export async function startRecorder(): Promise<Recorder> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void readBody(request).then((raw) => {
      const url = new URL(request.url ?? '/', 'http://localhost');
      if (url.pathname === '/_recorded') {
        const service = url.searchParams.get('service');
        const list = received.filter((each) => service === null || each.service === service);
        return response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(list));
      }
      const { service, answer, body } = decide(request, url, raw);
      received.push({
        service,
        at: new Date().toISOString(),
        method: request.method ?? '',
        path: url.pathname,
        query: Object.fromEntries(url.searchParams),
        body,
        status: answer.status,
      });
      if (received.length > remembered) received.shift();
      const text = typeof answer.body === 'string';
      const type = { 'content-type': text ? 'text/plain' : 'application/json' };
      return response
        .writeHead(answer.status, { ...type, ...answer.headers })
        .end(text ? answer.body : JSON.stringify(answer.body));
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}`,
    sentryDsn: `http://freetask@127.0.0.1:${port}/1`,
    received: () => received,
    stop: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const bytes = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes).toString('utf8');
}

function decide(request: IncomingMessage, url: URL, raw: string): { service: string; answer: Answer; body: unknown } {
  const double = doubles.find(({ prefix }) => prefix === '' || url.pathname.startsWith(`${prefix}/`)) ?? sentry;
  const path = url.pathname.slice(double.prefix.length);
  const body = parseBody(raw);
  const recorded = (answer: Answer) => ({ service: double.name, answer, body });
  const refusal = double.refuse(request.headers, url.searchParams, path);
  if (refusal) return recorded(refusal);
  for (const route of double.routes) {
    const params = route.method === request.method ? matchPath(route, path) : undefined;
    if (!params) continue;
    const parsed = route.body?.safeParse(body);
    if (parsed && !parsed.success)
      return recorded(
        double.invalid(parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`).join('; ')),
      );
    return recorded(route.answer({ params, query: url.searchParams, body }));
  }
  return recorded(double.notFound);
}

/** Parsed where it is JSON; an envelope has several lines of JSON and stays text. */
function parseBody(raw: string): unknown {
  if (raw === '') return undefined;
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
