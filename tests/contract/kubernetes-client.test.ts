import { once } from 'node:events';
import { chmod, copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ToolError } from '../../src/core/errors.ts';
import { KubernetesError, openKubernetes } from '../../src/system/kubernetes.ts';
import { type ApiServerDouble, startApiServer } from './support/kubernetes/api-server.ts';
import { configMaps } from './support/kubernetes/resources.ts';

let double: ApiServerDouble;
let folder: string;
let servers: Server[];
beforeEach(async () => {
  servers = [];
  double = await startApiServer([configMaps]);
  folder = await mkdtemp(join(tmpdir(), 'client-'));
});
afterEach(async () => {
  for (const each of servers) {
    each.closeAllConnections();
    each.close();
  }
  await double[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

const maps = '/api/v1/namespaces/freetask/configmaps';
const connect = (more: object = {}) => openKubernetes({ kubeconfig: double.kubeconfig, ...more }).connect();
const mapOf = (name: string, data: object = {}) => ({ json: { metadata: { name, labels: { of: 'test' } }, data } });
const refusalOf = (promise: Promise<unknown>): Promise<KubernetesError> =>
  promise.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => {
      expect(error).toBeInstanceOf(ToolError);
      return error as KubernetesError;
    },
  );

/** A server of the test's own, and a client of it. */
const serve = async (listener: RequestListener, user: object = { token: 'tok-of-ada' }) => {
  const http = createServer(listener).listen(0, '127.0.0.1');
  await once(http, 'listening');
  servers.push(http);
  const server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const kubeconfig = join(folder, 'config');
  const named = { clusters: [{ name: 'c', cluster: { server } }], users: [{ name: 'ada', user }] };
  const contexts = [{ name: 'main', context: { cluster: 'c', user: 'ada' } }];
  await writeFile(kubeconfig, JSON.stringify({ ...named, contexts, 'current-context': 'main' }));
  return {
    server,
    kubeconfig,
    http,
    client: (more: object = {}) => openKubernetes({ kubeconfig, ...more }).connect(),
  };
};
const respond =
  (status: number, text: string): RequestListener =>
  (_, response) =>
    void response.writeHead(status).end(text);

describe('a request of the client', () => {
  it('creates, reads, patches by both kinds and deletes', async () => {
    const client = await connect();
    expect(client).toMatchObject({ server: double.server, namespace: 'freetask' });
    await client.request('POST', maps, mapOf('one', { a: '1' }));
    const patched = await client.request('PATCH', `${maps}/one`, {
      jsonPatch: [
        { op: 'test', path: '/data/a', value: '1' },
        { op: 'replace', path: '/data/a', value: '2' },
      ],
    });
    expect(patched).toMatchObject({ data: { a: '2' } });
    await client.request('PATCH', `${maps}/one`, { mergePatch: { data: { b: '3' } } });
    expect(await client.request('GET', `${maps}/one`)).toMatchObject({ data: { a: '2', b: '3' } });
    await client.request('DELETE', `${maps}/one`, { json: { preconditions: {} } });
    expect(await refusalOf(client.request('GET', `${maps}/one`))).toMatchObject({ status: 404, reason: 'NotFound' });
  });

  it.each([
    ['of an object that exists', 'POST', maps, mapOf('one'), 409, 'AlreadyExists'],
    ['that is forbidden', 'DELETE', `${maps}/one`, undefined, 403, 'Forbidden'],
    [
      'whose test failed',
      'PATCH',
      `${maps}/one`,
      { jsonPatch: [{ op: 'test', path: '/data/a', value: 'x' }] },
      422,
      'Invalid',
    ],
    ['of an unknown resource', 'GET', '/apis/example.com/v1/namespaces/x/things', undefined, 404, 'NotFound'],
  ] as const)('%s is a refusal with its status, reason and command', async (_, method, path, body, status, reason) => {
    const client = await connect();
    await client.request('POST', maps, mapOf('one'));
    double.deny('delete', 'configmaps');
    const refusal = await refusalOf(client.request(method, path, body));
    expect(refusal).toMatchObject({ status, reason, command: [method, `${double.server}${path}`] });
    expect(refusal.message).toContain(`answered ${status}: `);
  });

  it('of an old version is a conflict', async () => {
    const client = await connect();
    const before = (await client.request('POST', maps, mapOf('one'))) as object;
    await client.request('PATCH', `${maps}/one`, { mergePatch: { data: { a: '1' } } });
    const refusal = await refusalOf(client.request('PUT', `${maps}/one`, { json: before }));
    expect(refusal).toMatchObject({ status: 409, reason: 'Conflict' });
  });

  it('whose connection breaks is an error of the tool, not a refusal', async () => {
    const client = await connect();
    double.breakOff(/configmaps/, 1);
    expect(await refusalOf(client.request('POST', maps, mapOf('one')))).not.toBeInstanceOf(KubernetesError);
  });

  it('that reads is sent again where the server had closed the connection that was kept open', async () => {
    const client = await connect();
    await client.request('GET', maps);
    double.breakOff(/configmaps/, 1);
    expect(await client.request('GET', maps)).toHaveProperty('items');
    double.breakOff(/configmaps/, 1);
    await refusalOf(client.request('POST', maps, mapOf('one')));
    expect(double.received.filter(({ method }) => method === 'POST')).toEqual([]);
  });
});

describe('an answer', () => {
  it.each<[string, RequestListener, string]>([
    ['that is no JSON', respond(200, '<html>log in</html>'), 'an answer that is no JSON: <html>log in</html>'],
    ['that redirects to a log-in page', respond(302, ''), 'answered 302'],
    ['of a proxy', respond(502, 'bad gateway'), 'answered 502: bad gateway'],
    [
      'that repeats the token',
      (request, response) => void response.writeHead(403).end(request.headers.authorization),
      'answered 403: ',
    ],
    [
      'that breaks off',
      (request, response) => {
        response.writeHead(200, { 'content-length': '100' }).write('{');
        setImmediate(() => request.socket.destroy());
      },
      'abort',
    ],
  ])('%s is an error without the token', async (_, listener, message) => {
    const served = await serve(listener);
    const error = await refusalOf((await served.client()).request('GET', '/api'));
    expect(error.message).toContain(message);
    expect(error.message).not.toContain('tok-of-ada');
  });

  it('that does not come within the limit of the call is an error that names the limit', async () => {
    const served = await serve(() => undefined);
    const call = (await served.client()).request('GET', '/api', undefined, { timeoutMs: 50 });
    expect((await refusalOf(call)).message).toBe(`GET ${served.server}/api: no answer within the limit of 0.05 s`);
  });

  it('is not waited for after an abort', async () => {
    const abort = new AbortController();
    const served = await serve(() => abort.abort());
    const call = (await served.client()).request('GET', '/api', undefined, { signal: abort.signal });
    expect((await refusalOf(call)).message).toContain('interrupted');
  });

  it('of a server that is not there is an error that names its address', async () => {
    const served = await serve(() => undefined);
    const client = await served.client();
    served.http.close();
    expect((await refusalOf(client.request('GET', '/api'))).message).toContain('connection refused by 127.0.0.1:');
  });

  it('401 runs an exec plugin once more, and the request is sent again', async () => {
    const plugin = join(folder, 'plugin.sh');
    const status = '{\\"token\\":\\"token-$(wc -l < runs | tr -d " ")\\"}';
    await writeFile(
      plugin,
      `#!/bin/sh\ncd ${folder}; echo x >> runs; echo "{\\"kind\\":\\"ExecCredential\\",\\"status\\":${status}}"\n`,
    );
    await chmod(plugin, 0o755);
    const tokens: string[] = [];
    const listener: RequestListener = ({ headers }, response) => {
      tokens.push(headers.authorization ?? '');
      response.writeHead(tokens.length % 2 === 0 ? 200 : 401).end('{}');
    };
    const served = await serve(listener, { exec: { apiVersion: 'client.authentication.k8s.io/v1', command: plugin } });
    await (await served.client()).request('PATCH', '/api', { mergePatch: {} });
    expect(tokens).toEqual(['Bearer token-1', 'Bearer token-2']);
  });

  it('401 of a plain token is a refusal', async () => {
    const served = await serve(respond(401, JSON.stringify({ message: 'Unauthorized', reason: 'Unauthorized' })));
    const error = await refusalOf((await served.client()).request('GET', '/api'));
    expect(error).toMatchObject({ status: 401, reason: 'Unauthorized' });
  });

  it('asks for the metadata alone where the call does not need more', async () => {
    const accepted: unknown[] = [];
    const served = await serve((request, response) => {
      accepted.push(request.headers.accept);
      response.end('{}');
    });
    await (await served.client()).request('GET', '/api', undefined, { metadataOnly: true });
    expect(accepted).toEqual([expect.stringContaining('as=PartialObjectMetadata') as unknown]);
  });
});

describe('connecting', () => {
  it('is tried again after a kubeconfig could not be read', async () => {
    const kubeconfig = join(folder, 'later');
    const opened = openKubernetes({ kubeconfig });
    await expect(opened.connect()).rejects.toThrow('there is no such kubeconfig');
    await copyFile(double.kubeconfig, kubeconfig);
    expect((await opened.connect()).server).toBe(double.server);
  });
});
