import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Counted } from '../../../src/core/counted.ts';
import type { Pool } from '../../../src/core/pool.ts';
import { createSource, type Source } from '../../../src/sources/index.ts';
import { parsePrometheusText } from '../../../src/sources/prometheus-text.ts';
import { scrapeAll } from '../../../src/sources/scrape.ts';
import { systemClock } from '../../../src/system/clock.ts';

/** What one instance has counted. */
export interface Instance {
  readonly startedAt: number;
  readonly ok: number;
  readonly failed: number;
  /** A value that stands in the place of `failed`, or none: the series is not there. */
  readonly failedText?: string;
}

/** How a source fails as a whole. */
export type Failure = 'silent' | 429 | 503 | 'cut off';

export interface SourceDouble extends AsyncDisposable {
  readonly source: Source;
  /** The instances by name from now on. */
  readonly set: (instances: Readonly<Record<string, Instance>>) => void;
  readonly fail: (failure: Failure) => void;
  /** Names of metrics pages, where the source reads them. */
  readonly pages: readonly string[];
}

export const pageOf = ({ startedAt, ok, failed, failedText = String(failed) }: Instance): string =>
  [
    `process_start_time_seconds ${startedAt}`,
    `http_requests_total{route="/jobs",status="200"} ${ok}`,
    ...(failedText === '' ? [] : [`http_requests_total{route="/jobs",status="503"} ${failedText}`]),
    `http_request_duration_seconds_bucket{route="/jobs",le="0.4"} ${ok}`,
    `http_request_duration_seconds_bucket{route="/jobs",le="1"} ${ok}`,
    `http_request_duration_seconds_count{route="/jobs"} ${ok + failed}`,
    `payment_attempts_total{outcome="success"} ${ok}`,
    '',
  ].join('\n');

const names = ['green-1', 'green-2'] as const;

async function serve(answer: RequestListener) {
  const server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const noPool = () => Promise.reject(new Error('no router'));
const context = { clock: systemClock, scrapeAll, readPool: noPool, variables: {} };

/** Sends a text as the failure has it: half of it, a refusal, or never. */
function respond(response: Parameters<RequestListener>[1], text: string, failure: Failure | undefined): void {
  if (failure === 'silent') return;
  if (failure === 'cut off') return void response.end(text.slice(0, Math.ceil(text.length / 2)));
  response.writeHead(failure ?? 200).end(failure === undefined ? text : 'busy');
}

export async function scrapeDouble(counted: Counted): Promise<SourceDouble> {
  let instances: Readonly<Record<string, Instance>> = {};
  let failure: Failure | undefined;
  const server = await serve((request, response) => {
    const instance = instances[(request.url ?? '').slice(1)];
    if (!instance) return void response.writeHead(502).end();
    respond(response, pageOf(instance), failure);
  });
  // The limit of a page is 5 s; a test waits shorter for the one that never comes.
  const impatient: typeof scrapeAll = (urls, each, signal) =>
    scrapeAll(urls, each, AbortSignal.any([signal, AbortSignal.timeout(1500)]));
  return {
    source: createSource({ driver: 'scrape' }, { ...context, counted, scrapeAll: impatient }),
    set: (next) => void (instances = next),
    fail: (next) => void (failure = next),
    pages: names.map((name) => `${server.url}/${name}`),
    [Symbol.asyncDispose]: async () => server.close(),
  };
}

/** Prometheus’ API in front of the instances: it has scraped them once more at every query, while it is not frozen. */
export async function prometheusDouble(
  counted: Counted,
): Promise<SourceDouble & { readonly freeze: () => void; readonly queries: string[]; readonly url: string }> {
  let instances: Readonly<Record<string, Instance>> = {};
  let failure: Failure | undefined;
  let frozen = false;
  let atSeconds = 1_800_000_000;
  const queries: string[] = [];
  const server = await serve((request, response) => {
    queries.push(new URL(request.url ?? '', 'http://p').searchParams.get('query') ?? '');
    if (!frozen) atSeconds += 1;
    const result = Object.entries(instances).flatMap(([instance, each]) =>
      parsePrometheusText(pageOf(each)).map(({ name, labels, value }) => ({
        metric: { __name__: name, instance, job: 'freetask', ...labels },
        values: [[atSeconds, String(value)]],
      })),
    );
    respond(response, JSON.stringify({ status: 'success', data: { resultType: 'matrix', result } }), failure);
  });
  const settings = { url: server.url, labels: { color: '{colour}' }, scrapeIntervalMs: 100, timeoutMs: 400 };
  return {
    source: createSource({ driver: 'prometheus', ...settings }, { ...context, counted }),
    set: (next) => void (instances = next),
    fail: (next) => void (failure = next),
    freeze: () => void (frozen = true),
    queries,
    url: server.url,
    pages: [],
    [Symbol.asyncDispose]: async () => server.close(),
  };
}

export async function routerDouble(counted: Counted): Promise<SourceDouble> {
  let instances: Readonly<Record<string, Instance>> = {};
  let failure: Failure | undefined;
  const readPool = async (): Promise<Pool> => {
    if (failure !== undefined) throw new Error(`\`show stat\`: ${failure}`);
    const wrong = Object.entries(instances).find(([, { failedText }]) => failedText !== undefined);
    return {
      shares: { blue: 0, green: 100 },
      countersSince: String(Object.values(instances)[0]?.startedAt),
      ...(wrong ? { problems: [`${wrong[0]}: hrsp_5xx is "${wrong[1].failedText}", and not a count`] } : {}),
      members: Object.entries(instances).map(([name, { ok, failed }]) => ({
        name,
        colour: 'green',
        weight: 1,
        state: 'ready',
        up: true,
        inFlight: 0,
        served: { requests: ok + failed, failed },
      })),
    };
  };
  return {
    source: createSource({ driver: 'router' }, { ...context, counted, readPool }),
    set: (next) => void (instances = next),
    fail: (next) => void (failure = next),
    pages: [],
    [Symbol.asyncDispose]: async () => undefined,
  };
}
