import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest';
import { UserError } from '../../../../src/core/errors.ts';
import { openKubernetes } from '../../../../src/system/kubernetes.ts';
import { type HttpsDouble, startHttps } from './https-server.ts';

export const secret = 's3cret-token-of-ada';

interface KubeconfigParts {
  readonly user?: object;
  readonly cluster?: object;
  readonly more?: object;
}

/** An HTTPS server for the tests of a file, a folder for each test, and kubeconfigs in it. */
export function useAccess() {
  let https: HttpsDouble;
  beforeAll(async () => void (https = await startHttps()));
  afterAll(() => https[Symbol.asyncDispose]());

  let folder: string;
  beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'access-'))));
  afterEach(() => rm(folder, { recursive: true }));

  const configOf = ({ user = { token: secret }, cluster = {}, more = {} }: KubeconfigParts = {}) => ({
    clusters: [{ name: 'c', cluster: { server: https.server, 'certificate-authority': https.ca, ...cluster } }],
    users: [{ name: 'ada', user }],
    contexts: [{ name: 'main', context: { cluster: 'c', user: 'ada' } }],
    'current-context': 'main',
    ...more,
  });
  const write = async (content: unknown, name = 'config'): Promise<string> => {
    const path = join(folder, name);
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const around = (variables: Readonly<Record<string, string>> = {}) => ({
    variables: { PATH: process.env['PATH'] ?? '', ...variables },
    home: join(folder, 'home'),
    serviceAccount: join(folder, 'service-account'),
  });
  const open = (settings = {}, variables = {}) => openKubernetes(settings, around(variables)).connect();
  const ask = async (parts: KubeconfigParts = {}) =>
    (await open({ kubeconfig: await write(configOf(parts)) })).request('GET', '/api');
  const plugin = async (script: string): Promise<string> => {
    const path = await write(`#!/bin/sh\n${script}\n`, 'plugin.sh');
    await chmod(path, 0o755);
    return path;
  };
  return {
    https: () => https,
    path: (name: string) => join(folder, name),
    configOf,
    write,
    open,
    ask,
    plugin,
  };
}

export const failureOf = (
  promise: Promise<unknown>,
): Promise<{ message: string; next: string; isUserError: boolean }> =>
  promise.then(
    () => expect.fail('it was no error'),
    (error: Error & { next?: string[] }) => ({
      message: error.message,
      next: (error.next ?? []).join('\n'),
      isUserError: error instanceof UserError,
    }),
  );

export const execUser = (command: string, more: object = {}) => ({
  exec: { apiVersion: 'client.authentication.k8s.io/v1', command, interactiveMode: 'Never', ...more },
});

export const issue = (status: string) => `echo '{"kind":"ExecCredential","apiVersion":"x","status":${status}}'`;
