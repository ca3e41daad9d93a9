import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { probeReadiness } from '../../src/sources/probe.ts';
import { targetAt } from '../contract/support/target-at.ts';

it('a date that is set forward at every probe makes no window shorter', async () => {
  await using server = createServer((_, answer) => answer.end('{"data":{"status":"ready"}}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const target = targetAt(api, { readiness: { stableForMs: 200, intervalMs: 20, budgetMs: 10_000 } });
  let hours = 0;
  let monotonicMs = 0;
  const clock = {
    now: () => Date.now() + 3_600_000 * (hours += 1),
    monotonic: () => monotonicMs,
    sleep: async (ms: number) => {
      monotonicMs += ms;
    },
  };
  const evidence = await probeReadiness(target, { clock, signal: new AbortController().signal, emit: () => undefined });
  expect(evidence.samples.length).toBe(11);
  expect(evidence.stableMs).toBe(200);
});
