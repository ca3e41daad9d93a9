import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ordersRelease = 'orders@2.3.0';
export const ordersToken = 'a-token-of-the-orders-fixture';

export interface OrdersDefects {
  /** An order of -1 pieces is accepted. */
  readonly negativeQuantity?: boolean;
  /** The share of the orders that end with 500. */
  readonly failing?: number;
}

interface Order {
  readonly id: string;
  readonly quantity: number;
}

/** A service that has nothing of FreeTask: orders, a token, and the metrics of Prometheus' Go client. */
export async function startOrders({ negativeQuantity = false, failing = 0 }: OrdersDefects = {}) {
  const orders = new Map<string, Order>();
  const metrics = openGoMetrics();
  let created = 0;

  async function decide(request: IncomingMessage): Promise<{ status: number; body: unknown }> {
    const { method, url = '' } = request;
    if (url === '/up') return { status: 200, body: { up: true, version: ordersRelease } };
    if (url === '/up/ready') return { status: 204, body: undefined };
    if (request.headers.authorization !== `Bearer ${ordersToken}`) return { status: 401, body: { title: 'No token' } };
    if (method === 'POST' && url === '/orders') return create(await readJson(request));
    const order = method === 'GET' ? orders.get(url.replace('/orders/', '')) : undefined;
    return order ? { status: 200, body: order } : { status: 404, body: { title: 'No such order' } };
  }
  function create({ quantity }: { readonly quantity?: unknown }) {
    const isRight = Number.isInteger(quantity) && (Number(quantity) > 0 || negativeQuantity);
    if (!isRight) return { status: 422, body: { title: 'quantity is not a number of pieces' } };
    created += 1;
    // Every n-th of them, so that a test does not depend on chance.
    if (Math.floor(created * failing) > Math.floor((created - 1) * failing))
      return { status: 500, body: { title: 'Oh' } };
    const order = { id: randomUUID(), quantity: Number(quantity) };
    orders.set(order.id, order);
    return { status: 201, body: order };
  }
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.url === '/metrics') return void response.end(metrics.page());
    const began = performance.now();
    const { status, body } = await decide(request);
    const handler = /^\/orders\/./.test(request.url ?? '') ? '/orders/{id}' : (request.url ?? '');
    metrics.count({ handler, method: request.method ?? '', status, ms: performance.now() - began });
    response.writeHead(status, { 'content-type': 'application/json' }).end(body && JSON.stringify(body));
  }

  const server = createServer((request, response) => void answer(request, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

async function readJson(request: IncomingMessage): Promise<{ readonly quantity?: unknown }> {
  let text = '';
  for await (const chunk of request.setEncoding('utf8')) text += String(chunk);
  return text === '' ? {} : (JSON.parse(text) as object);
}

const bounds = [0.05, 0.1, 0.4, 1, 5, Infinity];

interface Counted {
  readonly handler: string;
  readonly method: string;
  readonly status: number;
  readonly ms: number;
}

function openGoMetrics() {
  const startedAt = Date.now() / 1000;
  const counts = new Map<string, { readonly within: number[]; sum: number }>();
  return {
    count({ handler, method, status, ms }: Counted): void {
      const key = `handler="${handler}",method="${method.toLowerCase()}",code="${status}"`;
      const count = counts.get(key) ?? { within: bounds.map(() => 0), sum: 0 };
      counts.set(key, count);
      count.sum += ms / 1000;
      for (const [index, bound] of bounds.entries())
        if (ms / 1000 <= bound) count.within[index] = (count.within[index] ?? 0) + 1;
    },
    page: (): string =>
      [
        `process_start_time_seconds ${startedAt}`,
        ...[...counts].map(([labels, { within }]) => `http_requests_total{${labels}} ${within.at(-1)}`),
        ...[...counts].flatMap(([labels, { within, sum }]) => [
          ...bounds.map((bound, index) => {
            const le = bound === Infinity ? '+Inf' : String(bound);
            return `http_request_duration_seconds_bucket{${labels},le="${le}"} ${within[index]}`;
          }),
          `http_request_duration_seconds_sum{${labels}} ${sum}`,
          `http_request_duration_seconds_count{${labels}} ${within.at(-1)}`,
        ]),
        '',
      ].join('\n'),
  };
}
