import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { KubernetesError, openKubernetes } from '../../src/system/kubernetes.ts';
import { kubeconfigOf } from './support/kubernetes/kubeconfig.ts';

const token = 'tok-of-ada';
const path = '/api/v1/namespaces/n/pods?resourceVersion=7';

/** A server that answers by `act`, and the events of one watch of it. */
async function open(
  act: (response: ServerResponse, url: string) => void,
  call: { signal?: AbortSignal; timeoutMs?: number } = {},
) {
  const http = createServer((request, response) => act(response, request.url ?? '')).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const folder = await mkdtemp(join(tmpdir(), 'watch-'));
  const kubeconfig = join(folder, 'config');
  const server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(server, { token, namespace: 'n' })));
  const client = await openKubernetes({ kubeconfig }).connect();
  const received: unknown[] = [];
  return {
    received,
    read: async () => {
      for await (const event of client.watch(path, call)) received.push(event);
      return received;
    },
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      http.close();
      await rm(folder, { recursive: true });
    },
  };
}

it('a watch gives each line as it arrives, however it is cut, and ends with the server', async () => {
  const urls: string[] = [];
  let first: ServerResponse | undefined;
  await using watch = await open((response, url) => {
    urls.push(url);
    first = response;
    const bytes = Buffer.from('{"type":"A","object":"ü"}\n{"ty');
    response.write(bytes.subarray(0, 22));
    setImmediate(() => response.write(bytes.subarray(22)));
  });
  const reading = watch.read();
  await expect.poll(() => watch.received).toEqual([{ type: 'A', object: 'ü' }]);
  first?.write('pe":"B"}\n\n{"type":"C"}');
  await expect.poll(() => watch.received).toHaveLength(2);
  first?.end();
  expect(await reading).toEqual([{ type: 'A', object: 'ü' }, { type: 'B' }, { type: 'C' }]);
  expect(urls).toEqual([`${path}&watch=1&timeoutSeconds=60`]);
});

it.each<[string, (response: ServerResponse) => void, string]>([
  ['breaks in the middle', (response) => setImmediate(() => response.destroy()), 'abort'],
  ['has a line that is no JSON', (response) => response.end('<html>log in</html>\n'), 'no JSON: <html>log in</html>'],
])('a watch that %s is an error after what it has given', async (_, go, message) => {
  await using watch = await open((response) => {
    response.write('{"type":"A"}\n', () => go(response));
  });
  const error: unknown = await watch.read().catch((reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'ToolError', message: expect.stringContaining(message) as unknown });
  expect(error).not.toBeInstanceOf(KubernetesError);
  expect(watch.received).toEqual([{ type: 'A' }]);
});

it('a watch that is refused is the refusal, without the token', async () => {
  await using watch = await open((response) =>
    response.writeHead(403).end(JSON.stringify({ message: `${token} cannot watch`, reason: 'Forbidden' })),
  );
  const refusal: unknown = await watch.read().catch((reason: unknown) => reason);
  expect(refusal).toMatchObject({ status: 403, reason: 'Forbidden' });
  expect((refusal as Error).message).not.toContain(token);
});

it('a watch ends with its signal', async () => {
  const abort = new AbortController();
  await using watch = await open((response) => response.write('{"type":"A"}\n'), { signal: abort.signal });
  const reading = watch.read();
  await expect.poll(() => watch.received).toHaveLength(1);
  abort.abort();
  await expect(reading).rejects.toThrow('interrupted');
});
