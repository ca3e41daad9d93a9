import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ReleaseIdentity } from '../../src/core/target.ts';
import { readIdentity } from '../../src/sources/release-identity.ts';

const server = createServer(({ url }, response) => {
  if (url === '/healthz') response.setHeader('X-Version', 'r2').end('{}');
  else if (url === '/version') response.end('{"data":{"release":"r2","build":7}}');
  else if (url === '/page') response.end('<html>');
  else response.end('{}');
});
let address: string;
beforeAll(async () => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

const read = (identity: ReleaseIdentity, more: { runningRelease?: string; address?: string } = {}) =>
  readIdentity({ name: 'green-1', healthPath: '/healthz', runningRelease: undefined, address, ...more }, identity, {
    env: { PATH: process.env['PATH'] ?? '' },
    cwd: '/',
    signal: new AbortController().signal,
  });
const print = (script: string): ReleaseIdentity => ({ from: 'command', command: [process.execPath, '-e', script] });

describe('the release that an instance shows', () => {
  test.each<[string, ReleaseIdentity, { runningRelease?: string }]>([
    ['a header of the health route', { from: 'header', name: 'X-Version' }, {}],
    ['a field of a route', { from: 'route', path: '/version', field: 'data.release' }, {}],
    ['the output of a command', print('console.log(" r2 ")'), {}],
    ['the runtime', { from: 'runtime' }, { runningRelease: 'r2' }],
  ])('by %s', async (_, identity, more) => {
    expect(await read(identity, more)).toEqual({ release: 'r2' });
  });

  test.each<[string, ReleaseIdentity, RegExp]>([
    ['no such header', { from: 'header', name: 'X-Other' }, /no header X-Other/],
    ['no such field', { from: 'route', path: '/version', field: 'data.name' }, /no field data\.name in \/version/],
    ['a number where a release is expected', { from: 'route', path: '/version', field: 'data.build' }, /no field/],
    ['a page that is not JSON', { from: 'route', path: '/page', field: 'release' }, /no field release/],
    ['a command that prints nothing', print(''), /printed nothing/],
    ['a command that fails', print('process.exit(3)'), /3/],
    ['a runtime that reports none', { from: 'runtime' }, /org\.opencontainers\.image\.version/],
    ['what the target file accepts', { from: 'none', because: 'no evidence yet' }, /accepted by the target file/],
  ])('is unknown: %s', async (_, identity, problem) => {
    expect(await read(identity)).toEqual({ problem: expect.stringMatching(problem) as string });
  });

  test('is unknown where nothing listens', async () => {
    const answer = await read({ from: 'header', name: 'X-Version' }, { address: 'http://127.0.0.1:1' });
    expect(answer).toHaveProperty('problem');
  });
});
