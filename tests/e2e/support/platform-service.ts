import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type PlatformDouble, startPlatform } from '../../contract/support/platform-double.ts';

/** A service of one instance that its platform replaces, with users who send it requests. */
export interface PlatformService extends AsyncDisposable {
  readonly platform: PlatformDouble;
  /** The public address. */
  readonly url: string;
  /** Status codes of the users' requests so far. */
  readonly seen: () => Readonly<Record<number, number>>;
}

const concurrentUsers = 4;
const usersPauseMs = 5;

/** A release whose name ends with `-errors` answers every fifth request of users with 500. */
export async function startPlatformService(first: string): Promise<PlatformService> {
  let release = first;
  let startedAt = Date.now() / 1000;
  let counts = { ok: 0, failed: 0 };
  const platform = await startPlatform(first, (next) => {
    [release, startedAt, counts] = [next, Date.now() / 1000, { ok: 0, failed: 0 }];
  });
  const page = () => {
    const all = counts.ok + counts.failed;
    const of = (status: number) => `{method="GET",route="/orders",status="${status}"}`;
    const bucket = (le: string) =>
      `http_request_duration_seconds_bucket{method="GET",route="/orders",le="${le}"} ${all}`;
    return `process_start_time_seconds ${startedAt}
http_requests_total${of(200)} ${counts.ok}
http_requests_total${of(500)} ${counts.failed}
${['0.1', '0.4', '1', '+Inf'].map(bucket).join('\n')}
http_request_duration_seconds_count{method="GET",route="/orders"} ${all}
`;
  };
  const server = createServer((request, response) => {
    response.setHeader('X-App-Release', release);
    if (request.url === '/metrics') return void response.end(page());
    if (request.url === '/readyz') return void response.end('{"status":"ready"}');
    if (request.url !== '/orders') return void response.end('{"status":"ok"}');
    const fails = release.endsWith('-errors') && (counts.ok + counts.failed) % 5 === 0;
    counts[fails ? 'failed' : 'ok'] += 1;
    response.writeHead(fails ? 500 : 200).end('[]');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const seen: Record<number, number> = {};
  const stop = new AbortController();
  const users = Promise.all(
    Array.from({ length: concurrentUsers }, () => sendRequests(`${url}/orders`, seen, stop.signal)),
  );
  return {
    platform,
    url,
    seen: () => seen,
    [Symbol.asyncDispose]: async () => {
      stop.abort();
      await users;
      server.closeAllConnections();
      server.close();
      await platform[Symbol.asyncDispose]();
    },
  };
}

async function sendRequests(url: string, seen: Record<number, number>, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const { status } = await fetch(url).catch(() => ({ status: 0 }));
    seen[status] = (seen[status] ?? 0) + 1;
    await new Promise((resolve) => setTimeout(resolve, usersPauseMs));
  }
}
