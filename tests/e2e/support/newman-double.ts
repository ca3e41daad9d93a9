import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SmokeEvidence } from '../../../src/core/evidence.ts';
import { judgeSmoke } from '../../../src/core/judge/smoke.ts';
import type { OtpDelivery } from '../../../src/core/service.ts';
import type { Target } from '../../../src/core/target.ts';
import { targetAt, withOtp } from '../../contract/support/target-at.ts';
import { serviceDefaults } from '../../contract/support/service-defaults.ts';

export const token = 'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJjbGllbnQifQ.c2lnbmF0dXJlLW9mLW5vYm9keQ';
const schema = 'https://schema.getpostman.com/json/collection/v2.1.0/collection.json';

export interface NewmanDouble extends AsyncDisposable {
  readonly address: string;
  /** For the collections and reports of the tests. */
  readonly folder: string;
  readonly target: (otp?: OtpDelivery) => Target;
  /** How many more times /auth/login answers 429. */
  refusals: number;
  /** The last request body; empty before there was one. */
  received: string;
  /** Called when /silent, which never answers, is asked. */
  onSilent: () => void;
}

/** A server that answers as some routes of FreeTask, for collections that are written by a test. */
export async function startNewmanDouble(): Promise<NewmanDouble> {
  const folder = await mkdtemp(join(tmpdir(), 'newman-'));
  const server = createServer((request, response) => {
    const id = { 'x-request-id': 'r-1', 'content-type': 'application/json' };
    const answer = (status: number, body: object, headers = {}) =>
      void response.writeHead(status, { ...id, ...headers }).end(JSON.stringify({ ...body, requestId: 'r-1' }));
    const limited = () => answer(429, { error: { message: 'too many' } }, { 'retry-after': '1' });
    request.setEncoding('utf8').once('data', (body: string) => (double.received = body));
    if (request.url === '/broken') return answer(500, { error: { message: 'broken' } });
    if (request.url?.startsWith('/redirect?to='))
      return void response
        .writeHead(302, { location: decodeURIComponent(request.url.slice('/redirect?to='.length)) })
        .end();
    if (request.url === '/silent') return double.onSilent();
    if (request.url === '/other-limit') return limited();
    if (request.url === '/auth/login' && double.refusals > 0) {
      double.refusals -= 1;
      return limited();
    }
    if (request.url === '/auth/verify-otp')
      return answer(200, { data: { accessToken: token, refreshToken: 'refresh-me-9876' } });
    return answer(200, { data: { otpSent: true, otp: '135791' } });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const double: NewmanDouble = {
    address,
    folder,
    target: (otp = { from: 'response' }) =>
      withOtp(targetAt(address, { smoke: { budgetMs: 20_000, ours: serviceDefaults.smoke } }), otp),
    refusals: 0,
    received: '',
    onSilent: () => undefined,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
  return double;
}

export interface Item {
  readonly name: string;
  readonly path?: string;
  readonly before?: string;
  readonly tests?: string;
  readonly body?: object;
}

const script = (listen: string, exec: string | undefined) =>
  exec === undefined ? [] : [{ listen, script: { type: 'text/javascript', exec: exec.split('\n') } }];

export const requestItem = ({ name, path = '/', before, tests, body }: Item) => ({
  name,
  request: {
    method: body ? 'POST' : 'GET',
    url: { raw: `{{base_url}}${path}`, host: ['{{base_url}}'], path: path.split('/').filter(Boolean) },
    ...(body ? { body: { mode: 'raw', raw: JSON.stringify(body) } } : {}),
  },
  event: [...script('prerequest', before), ...script('test', tests)],
});

/** Writes a collection, or this text in its place, and returns its path. */
export async function writeCollection(
  folder: string,
  items: readonly object[] | string,
  event: Readonly<Record<string, unknown>> = {},
): Promise<string> {
  const path = join(folder, 'collection.json');
  const text =
    typeof items === 'string' ? items : JSON.stringify({ info: { name: 'double', schema }, ...event, item: items });
  await writeFile(path, text);
  return path;
}

export const good = "pm.test('fine', () => pm.response.to.have.status(200));";
export const fine: Item = { name: 'fine', tests: good };

export const judge = (evidence: SmokeEvidence) =>
  judgeSmoke({ id: 'smoke.newman', title: 'Smoke', evidence, budgetMs: 20_000 });
export const statuses = ({ steps }: Pick<SmokeEvidence, 'steps'>) => steps.map(({ name, status }) => [name, status]);
