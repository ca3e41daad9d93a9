import { copyFile, readFile, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { execUser, failureOf, issue, secret, useAccess } from './support/kubernetes/access.ts';

const { https, path, configOf, write, open, ask, plugin } = useAccess();

describe('a user of a kubeconfig is authenticated by', () => {
  it('a token', async () => expect(await ask()).toMatchObject({ authorization: `Bearer ${secret}` }));

  it('a client certificate in files beside the kubeconfig, or in the kubeconfig', async () => {
    await copyFile(https().certificate, path('client.crt'));
    await copyFile(https().key, path('client.key'));
    const files = { 'client-certificate': 'client.crt', 'client-key': 'client.key' };
    expect(await ask({ user: files })).toMatchObject({ certificate: 'the-client', authorization: '' });
    const base64 = async (file: string) => (await readFile(file)).toString('base64');
    const data = {
      'client-certificate-data': await base64(https().certificate),
      'client-key-data': await base64(https().key),
    };
    const ca = { 'certificate-authority': undefined, 'certificate-authority-data': await base64(https().ca) };
    expect(await ask({ user: data, cluster: ca })).toMatchObject({ certificate: 'the-client' });
  });

  it('a user name and a password, as another user', async () => {
    const answer = await ask({ user: { username: 'ada', password: 'pw', as: 'ci' } });
    expect(answer).toMatchObject({ authorization: `Basic ${Buffer.from('ada:pw').toString('base64')}`, as: 'ci' });
  });

  it('a token file, which is read again after it was rotated', async () => {
    const token = await write('first\n', 'token');
    const client = await open({ kubeconfig: await write(configOf({ user: { tokenFile: 'token', token: 'old' } })) });
    expect(await client.request('GET', '/api')).toMatchObject({ authorization: 'Bearer first' });
    await writeFile(token, 'second');
    expect(await client.request('GET', '/api')).toMatchObject({ authorization: 'Bearer second' });
  });

  it('an exec plugin that gets its variables and is run once for many requests', async () => {
    await plugin(
      `echo run >> runs; cd /; ${issue('{"token":"for-'.concat("'$OF'", '"}'))}`.replace('runs', path('runs')),
    );
    const user = execUser('./plugin.sh', { env: [{ name: 'OF', value: 'ada' }] });
    const client = await open({ kubeconfig: await write(configOf({ user })) });
    const answers = await Promise.all([1, 2, 3].map(() => client.request('GET', '/api')));
    for (const answer of answers) expect(answer).toMatchObject({ authorization: 'Bearer for-ada' });
    expect(await readFile(path('runs'), 'utf8')).toBe('run\n');
  });

  it('an exec plugin whose credentials have expired is run again', async () => {
    const command = await plugin(
      `echo run >> ${path('runs')}; ${issue('{"token":"t","expirationTimestamp":"2020-01-01T00:00:00Z"}')}`,
    );
    const client = await open({ kubeconfig: await write(configOf({ user: execUser(command) })) });
    await client.request('GET', '/api');
    await client.request('GET', '/api');
    expect(await readFile(path('runs'), 'utf8')).toBe('run\nrun\n');
  });

  it('an exec plugin that issues a certificate', async () => {
    const pem = async (file: string) => JSON.stringify(await readFile(file, 'utf8'));
    const status = `{"clientCertificateData":${await pem(https().certificate)},"clientKeyData":${await pem(https().key)}}`;
    await write(JSON.stringify({ kind: 'ExecCredential', status: JSON.parse(status) as object }), 'issued.json');
    const command = await plugin(`cat ${path('issued.json')}`);
    expect(await ask({ user: execUser(command) })).toMatchObject({ certificate: 'the-client' });
  });
});

describe('an exec plugin that', () => {
  it.each([
    ['fails', 'echo no session >&2; exit 3', 'ended with exit code 3: no session'],
    ['prints something else', `echo "${secret}"`, 'has printed no ExecCredential'],
    ['prints no credential', issue('{}'), 'neither a token nor a certificate'],
  ])('%s is named, and what it has printed is not shown', async (_, script, message) => {
    const failure = await failureOf(ask({ user: execUser(await plugin(script)) }));
    expect(failure.message).toContain('plugin.sh` of user "ada"');
    expect(failure.message).toContain(message);
    expect(failure.message).not.toContain(secret);
  });

  it('is missing is named with its hint', async () => {
    const { message } = await failureOf(ask({ user: execUser('no-such-plugin', { installHint: 'install it' }) }));
    expect(message).toContain('no-such-plugin');
    expect(message).toContain('install it');
  });

  it('does not end in time is no answer within the limit', async () => {
    const kubeconfig = await write(configOf({ user: execUser(await plugin('exec sleep 20')) }));
    const client = await open({ kubeconfig, timeoutMs: 200 });
    expect((await failureOf(client.request('GET', '/api'))).message).toContain('no answer within the limit of 0.2 s');
  });
});

describe('HTTPS', () => {
  it('of an unknown CA is an error that names the key, and nothing was sent', async () => {
    const { message } = await failureOf(ask({ cluster: { 'certificate-authority': undefined } }));
    expect(message).toContain('signed by an unknown authority; certificate-authority of the kubeconfig');
  });

  it('of an unknown CA is accepted where the kubeconfig asks for it', async () => {
    const cluster = { 'certificate-authority': undefined, 'insecure-skip-tls-verify': true };
    expect(await ask({ cluster })).toMatchObject({ authorization: `Bearer ${secret}` });
  });

  it('of another host is an error', async () => {
    const { message } = await failureOf(ask({ cluster: { 'tls-server-name': 'elsewhere.example' } }));
    expect(message).toContain('is not for this host');
  });

  it('keeps its connection for the next request', async () => {
    const client = await open({ kubeconfig: await write(configOf()) });
    const before = https().connections();
    for (let count = 0; count < 5; count += 1) await client.request('GET', '/api');
    expect(https().connections() - before).toBe(1);
  });

  it('without the file of its CA is an error that names the file', async () => {
    expect((await failureOf(ask({ cluster: { 'certificate-authority': 'gone.crt' } }))).message).toContain('gone.crt');
  });
});
