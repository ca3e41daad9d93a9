import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { startRecorder } from '../../sandbox/doubles/recorder.ts';
import { parseObjectives } from '../../src/config/slo-file.ts';
import { judgeSessions } from '../../src/core/judge/sessions.ts';
import type { Slo } from '../../src/core/slo.ts';
import { readSessions } from '../../src/sources/sentry.ts';

const { crashFree } = parseObjectives(
  'slo.yaml',
  readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'),
);
const release = 'freetask@2.3.0';
const recorded = (name: string) => readFileSync(join(import.meta.dirname, `../recorded/sentry/${name}.json`), 'utf8');
const clock = { now: () => Date.parse('2027-02-10T15:00:00Z'), monotonic: () => 0, sleep: async () => undefined };

/** The judgement on clause 3.2b where Sentry answers so. */
async function judge(answer: RequestListener, token: string | undefined = 'secret') {
  await using server = createServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const call = { token, clock, signal: new AbortController().signal };
  const evidence = await readSessions({ release, from: '2027-02-10T14:00:00.000Z' }, { url, org: 'freetask' }, call);
  return judgeSessions(evidence, crashFree as Slo);
}

describe('crash-free sessions', () => {
  it('of the sandbox, whose error tracker checks no token, are enough for a pass', async () => {
    const recorder = await startRecorder();
    try {
      const call = { token: undefined, clock, signal: new AbortController().signal };
      const where = { url: recorder.address, org: 'freetask' };
      const evidence = await readSessions({ release, from: '2027-02-10T14:00:00.000Z' }, where, call);
      expect(judgeSessions(evidence, crashFree as Slo)).toMatchObject({ status: 'pass' });
    } finally {
      await recorder.stop();
    }
  });

  it.each([
    ['healthy', 'pass', 'crashed sessions 0.25 % (30 of 12 000), upper bound'],
    ['crashing', 'fail', 'crashed sessions 3.8 % (152 of 4 000), lower bound'],
    ['none', 'inconclusive', 'Sentry has no sessions of freetask@2.3.0 since 2027-02-10T14:00:00.000Z.'],
    ['null', 'inconclusive', 'no sessions'],
    ['zero-rate-of-none', 'inconclusive', 'no sessions'],
    ['full-rate-of-none', 'inconclusive', 'no sessions'],
    ['few', 'inconclusive', 'crashed sessions 0 % (0 of 17); 299 samples are required.'],
    ['percent', 'error', 'Sentry: crash_free_rate is 98.7, and not between 0 and 1.'],
    ['two-projects', 'pass', '(46 of 8 500), upper bound'],
    ['rate-missing', 'error', 'Sentry: no crash_free_rate of 310 sessions.'],
    ['other-release', 'error', 'Sentry: it answered for the release freetask@2.2.0.'],
  ])('%s: %s', async (name, status, because) => {
    const judgement = await judge((_, response) => response.end(recorded(name)));
    expect(judgement).toMatchObject({ id: 'sentry.crash-free', clauses: ['3.2b'], status });
    expect(judgement.because).toContain(because);
  });

  it('says that the sessions of several projects are counted together', async () => {
    const { because } = await judge((_, response) => response.end(recorded('two-projects')));
    expect(because).toMatch(/Sessions of 2 projects together\.$/);
  });

  it.each<[string, RequestListener, string]>([
    [
      'cut off',
      (_, response) => response.end(recorded('healthy').slice(0, 200)),
      'its answer is not that of the sessions',
    ],
    ['refused', (_, response) => response.writeHead(403).end('{}'), 'it answered 403; the token needs org:read'],
    ['broken', (_, response) => response.writeHead(502).end(), 'it answered 502'],
    ['cut', (request) => request.socket.destroy(), 'Sentry: '],
  ])('%s is an error, never a pass', async (_, answer, because) => {
    const judgement = await judge(answer);
    expect(judgement.status).toBe('error');
    expect(judgement.because).toContain(because);
  });

  it('asks again where it is told to wait, for this release alone and with the token', async () => {
    const asked: (string | undefined)[] = [];
    const { status } = await judge((request, response) => {
      asked.push(request.headers.authorization, request.url);
      if (asked.length === 2) response.writeHead(429).end();
      else response.end(recorded('healthy'));
    });
    expect(status).toBe('pass');
    expect(asked).toHaveLength(4);
    expect(asked[0]).toBe('Bearer secret');
    const { pathname, searchParams } = new URL(asked[3] ?? '', 'http://sentry');
    expect(pathname).toBe('/api/0/organizations/freetask/sessions/');
    expect(searchParams.get('query')).toBe('release:"freetask@2.3.0"');
    expect(searchParams.getAll('field')).toEqual(['crash_free_rate(session)', 'sum(session)']);
    expect(searchParams.get('start')).toBe('2027-02-10T14:00:00.000Z');
  });
});
