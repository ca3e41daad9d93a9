import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import type { Target } from '../../src/core/target.ts';
import { probeReadiness } from '../../src/sources/probe.ts';
import { systemClock } from '../../src/system/clock.ts';

it('a date that is set forward at every question makes no window shorter', async () => {
  await using server = createServer((_, answer) => answer.end('{"data":{"status":"ready"}}')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const api = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const target = {
    environment: { api },
    paths: { ready: '/readyz' },
    readiness: { stableForMs: 200, intervalMs: 20, budgetMs: 10_000 },
  } as Target;
  let hours = 0;
  const clock = { ...systemClock, now: () => Date.now() + 3_600_000 * (hours += 1) };
  const seen = await probeReadiness(target, { clock, signal: new AbortController().signal, emit: () => undefined });
  expect(seen.samples.length).toBeGreaterThan(2);
  expect(seen.stableMs).toBeGreaterThanOrEqual(200);
  expect(seen.stableMs).toBeLessThan(3_600_000);
});
