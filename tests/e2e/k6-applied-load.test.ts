import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { TLSSocket } from 'node:tls';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTinyFreeTask } from '../../scripts/bench/tiny-freetask.ts';
import { judgeRelease } from '../../src/core/judge/release.ts';
import type { LoadEvidence } from '../../src/core/evidence.ts';
import type { RunEvidence } from '../../src/core/run-result.ts';
import { type Bench, openBench } from './support/k6-bench.ts';

/** The load that k6 applied, who answered it, and what a user waits for: each with the real k6. */

let bench: Bench;
beforeAll(async () => {
  bench = await openBench();
});
afterAll(() => bench[Symbol.asyncDispose]());

const judgedRelease = (load: LoadEvidence, expectedRelease?: string) =>
  judgeRelease({ plan: { expectedRelease }, smoke: [], load } as unknown as RunEvidence);

describe('the applied load', () => {
  it('a wrapper of k6 that adds a segment is an error with numbers', async () => {
    const program = await bench.writeProgram(
      `if [ "$1" = run ]; then shift; exec ${bench.k6Path} run --execution-segment 0:1/4 "$@"; fi\nexec ${bench.k6Path} "$@"`,
    );
    const evidence = await bench.loadTiny(() => undefined, { program });
    expect(evidence.problems.join()).toMatch(/1\d iterations arrived, 46 were planned/);
    expect(bench.statuses(evidence)['load.run']).toBe('error');
  });

  it('a K6_* variable that the target file lets through is an error with its value', async () => {
    const evidence = await bench.loadTiny(() => undefined, { toolEnv: { K6_RPS: '100' } });
    expect(evidence.problems.join()).toContain('options that the plan does not set: rps=100');
    expect(bench.statuses(evidence)['load.run']).toBe('error');
  });

  it('a chat that never answers Close does not hold k6 back, and one that is refused is no exception', async () => {
    await using tiny = await startTinyFreeTask(() => undefined, { answersClose: false });
    const root = await bench.changedScripts((path, text) =>
      path.endsWith('browse-jobs.ts') ? "export { chatOnJob as browseJobs } from './chat-on-job.ts';\n" : text,
    );
    const load = () => bench.load({ url: tiny.url, root, budgetMs: 20_000 });
    const { outcome, checks, exceptions } = await load();
    expect(outcome.timedOut).toBe(false);
    expect(checks).toEqual([expect.objectContaining({ name: 'answers as in the contract', fails: 0 })]);
    expect(exceptions).toBe(0);

    // A refused chat is a wrong answer of each visit, and no exception.
    tiny.server
      .removeAllListeners('upgrade')
      .on('upgrade', (_, socket) => socket.end('HTTP/1.1 403 Forbidden\r\n\r\n'));
    const refused = await load();
    expect(refused.exceptions).toBe(0);
    expect(refused.checks[0]).toMatchObject({ name: 'WebSocket /chat/:jobId delivers messages', passes: 0 });
    expect(refused.checks[0]?.fails).toBeGreaterThan(0);
  });

  it('connections are opened again during the load', async () => {
    const sockets = new Set<unknown>();
    const root = await bench.changedScripts((path, text) =>
      path === 'visit.ts' ? text.replace('connectionLifeMs = 30_000', 'connectionLifeMs = 1') : text,
    );
    const evidence = await bench.loadTiny(
      ({ socket }) => {
        sockets.add(socket);
        return undefined;
      },
      { root, patienceMs: 50 },
    );
    // One for each iteration, where the virtual users alone would have opened ten.
    expect(sockets.size).toBeGreaterThan(evidence.iterations / 2);
  });
});

describe('who answered', () => {
  it('two releases in turn are counted by name; without a named release the verdict is HOLD', async () => {
    let count = 0;
    const evidence = await bench.loadTiny(({ url }) => {
      count += 1;
      return url !== '/healthz' && count % 4 === 0 ? { release: 'freetask@1.4.0' } : undefined;
    });
    expect(evidence.releases?.map(({ name }) => name)).toEqual(['freetask@1.5.0', 'freetask@1.4.0']);
    expect(judgedRelease(evidence)).toMatchObject({
      status: 'inconclusive',
      because: expect.stringMatching(/^2 releases answered: freetask@1\.5\.0 7\d.* freetask@1\.4\.0 2\d/),
    });
    expect(judgedRelease(evidence, 'freetask@1.5.0')).toMatchObject({ status: 'fail', actual: 'freetask@1.4.0' });
    expect(bench.statuses(evidence)['load.run']).toBe('pass');
  });

  it('a 503 of the front is not one of the release, and holds', async () => {
    let count = 0;
    const evidence = await bench.loadTiny(({ url }) => {
      count += 1;
      return url !== '/healthz' && count % 3 === 0 ? { status: 503, text: '<html>', release: null } : undefined;
    });
    expect(evidence.front?.unavailable, evidence.problems.join()).toBeGreaterThan(10);
    expect(bench.statuses(evidence)).toMatchObject({ 'load.front': 'inconclusive', 'load.run': 'pass' });
    expect(evidence.slo['server-errors']?.events).toBe(0);
    expect(evidence.slo['payment-success']?.events).toBe(0);
    expect(Object.values(bench.statuses(evidence))).not.toContain('fail');
  });

  it('a 503 of a target that sets no X-App-Release is its own', async () => {
    let count = 0;
    const evidence = await bench.loadTiny(() => {
      count += 1;
      return count % 3 === 0 ? { status: 503, release: null } : { release: null };
    });
    expect(bench.statuses(evidence)['load.server-errors']).toBe('fail');
  });
});

it('the time of a TLS handshake counts as latency', async () => {
  const [key, cert] = ['key.pem', 'cert.pem'].map((name) => join(bench.folder, name));
  const request = 'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=localhost';
  const files = ['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key ?? '', '-out', cert ?? ''];
  await promisify(execFile)('openssl', [...request.split(' '), ...files]);
  const secure = { isServer: true, key: await readFile(key ?? ''), cert: await readFile(cert ?? '') };
  await using tiny = await startTinyFreeTask();
  tiny.server.maxRequestsPerSocket = 1;
  const { port } = new URL(tiny.url);
  await using front = createServer((raw) => {
    raw.on('error', () => undefined);
    setTimeout(() => {
      const client = new TLSSocket(raw, secure);
      const upstream = connect(Number(port), '127.0.0.1');
      client.on('error', () => upstream.destroy());
      upstream.on('error', () => client.destroy());
      client.pipe(upstream).pipe(client);
    }, 1100);
  }).listen(0, '127.0.0.1');
  await once(front, 'listening');
  // One request a visit: every further one would wait for another handshake.
  const root = await bench.changedScripts((path, text) => {
    const name = /export (?:const|(?:async )?function) (\w+)/.exec(text)?.[1] ?? '';
    const list = "route({ role: 'client', method: 'GET', name: '/jobs', status: 200 })";
    return path.startsWith('scenarios')
      ? `import { route } from '../route.ts';\nconst list = ${list};\nexport const ${name} = () => void list({ path: '/jobs' });\n`
      : text;
  });
  const evidence = await bench.load({
    root,
    url: `https://127.0.0.1:${(front.address() as AddressInfo).port}`,
    toolEnv: { SSL_CERT_FILE: cert ?? '' },
    durationMs: 1000,
  });
  expect(evidence.percentiles.p95Ms).toBeLessThan(500);
  expect(evidence.connection?.p95Ms).toBeGreaterThan(1000);
  expect(bench.statuses(evidence)).toMatchObject({ 'load.latency-p50': 'fail', 'load.latency-p95': 'fail' });
});
