import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { Target } from '../../src/core/target.ts';
import { discover } from '../../src/sources/discover.ts';

const offered = async (answerMetrics: (answer: ServerResponse) => void): Promise<boolean> => {
  await using server = createServer((request, answer) =>
    request.url === '/metrics' ? answerMetrics(answer) : answer.writeHead(404).end(),
  ).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const target = { environment: { api, metrics: [] } } as unknown as Target;
  const { environment } = await discover(target, new AbortController().signal);
  return environment.metrics.length > 0;
};

it('/metrics that fails, or has counted nothing yet, is offered: its scrape is then an error, not "not applicable"', async () => {
  expect(await offered((answer) => answer.writeHead(500).end('out of file descriptors'))).toBe(true);
  expect(await offered((answer) => answer.setHeader('content-type', 'text/plain').end(''))).toBe(true);
  expect(await offered((answer) => answer.destroy())).toBe(true);
});

it('a target without /metrics does not offer it', async () => {
  expect(await offered((answer) => answer.writeHead(404).end())).toBe(false);
  expect(await offered((answer) => answer.setHeader('content-type', 'text/html').end('<html>'))).toBe(false);
});
