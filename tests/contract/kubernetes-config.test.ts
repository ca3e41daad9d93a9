import { copyFile, mkdir } from 'node:fs/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { failureOf, secret, useAccess } from './support/kubernetes/access.ts';

const { https, path, configOf, write, open } = useAccess();

describe('a kubeconfig', () => {
  it.each<[string, (parts: typeof configOf) => unknown, string]>([
    [
      'without a current context',
      (of) => of({ more: { 'current-context': '' } }),
      'has no current context; its contexts are main',
    ],
    [
      'with an unknown context',
      (of) => of({ more: { 'current-context': 'other' } }),
      'has no context "other"; its contexts are main',
    ],
    [
      'without the cluster of its context',
      (of) => of({ more: { clusters: [] } }),
      'names the cluster "c", which is missing',
    ],
    [
      'without the user of its context',
      (of) => of({ more: { users: null } }),
      'names the user "ada", which is missing',
    ],
    [
      'with a wrong key',
      (of) => of({ more: { clusters: [{ name: 'c', cluster: { server: 7 } }] } }),
      'clusters[0].cluster.server: ',
    ],
    ['whose server is no address', (of) => of({ cluster: { server: 'example' } }), 'is no address'],
    ['that is empty', () => '', 'no kubeconfig'],
    ['that is not YAML', () => `users:\n  token: "${secret}\n  *${secret}`, 'config:'],
  ])('%s is a user error without its secrets', async (_, content, message) => {
    const failure = await failureOf(open({ kubeconfig: await write(content(configOf)) }));
    expect(failure).toMatchObject({ isUserError: true, message: expect.stringContaining(message) as unknown });
    expect(failure.message).not.toContain(secret);
    expect(failure.next).not.toBe('');
  });

  it('that does not exist is a user error', async () => {
    const failure = await failureOf(open({ kubeconfig: path('none') }));
    expect(failure).toMatchObject({
      isUserError: true,
      message: expect.stringContaining('none: there is no such') as unknown,
    });
    expect((await failureOf(open({}, { KUBECONFIG: path('x') }))).next).toBe('export KUBECONFIG=PATH');
  });

  it('of another context is chosen by the settings, whose namespace goes before that of the context', async () => {
    const contexts = [{ name: 'b', context: { cluster: 'c', user: 'ada', namespace: 'of-b' } }];
    const kubeconfig = await write(configOf({ more: { contexts } }));
    expect((await open({ kubeconfig, context: 'b' })).namespace).toBe('of-b');
    expect((await open({ kubeconfig, context: 'b', namespace: 'own' })).namespace).toBe('own');
  });

  it('of several files of KUBECONFIG is one: the first that names something decides', async () => {
    const first = await write({ 'current-context': 'main' }, 'first');
    const second = await write(configOf({ more: { 'current-context': 'other' } }), 'second');
    const client = await open({}, { KUBECONFIG: `${first}:${path('none')}:${second}` });
    expect(await client.request('GET', '/api')).toMatchObject({ authorization: `Bearer ${secret}` });
  });

  it('of the home folder is found', async () => {
    await mkdir(path('home/.kube'), { recursive: true });
    await write(configOf(), 'home/.kube/config');
    expect((await open()).server).toBe(https().server);
  });
});

describe('a pod', () => {
  const { hostname, port } = { hostname: '127.0.0.1', port: () => new URL(https().server).port };
  const variables = () => ({ KUBERNETES_SERVICE_HOST: hostname, KUBERNETES_SERVICE_PORT: port() });
  beforeEach(async () => {
    await mkdir(path('service-account'));
    await copyFile(https().ca, path('service-account/ca.crt'));
    await write('of-the-pod\n', 'service-account/token');
    await write('shop', 'service-account/namespace');
  });

  it('uses its service account and namespace, and reads a rotated token', async () => {
    const client = await open({}, variables());
    expect(client.namespace).toBe('shop');
    expect(await client.request('GET', '/api')).toMatchObject({ authorization: 'Bearer of-the-pod' });
    await write('rotated', 'service-account/token');
    expect(await client.request('GET', '/api')).toMatchObject({ authorization: 'Bearer rotated' });
  });

  it('has no contexts', async () => {
    expect((await failureOf(open({ context: 'x' }, variables()))).message).toContain('has no contexts');
  });

  it('that this process is not in is a user error that names what was searched', async () => {
    const failure = await failureOf(open());
    expect(failure).toMatchObject({
      isUserError: true,
      message: expect.stringContaining('KUBECONFIG is not set') as unknown,
    });
    expect(failure.next).toContain('cluster: { kubeconfig: PATH }');
  });
});
