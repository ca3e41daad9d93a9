import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { checkSteps, type CheckContext } from '../../src/flows/check-steps.ts';
import { targetAt } from '../contract/support/target-at.ts';

it('the smoke alone asks which release answers, once', async () => {
  const asked: string[] = [];
  const server = createServer(({ url = '' }, response) => {
    asked.push(url);
    response.writeHead(url === '/version' ? 200 : 401).end('{"release":"shop@2"}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const target = targetAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const smoke = { ...target.smoke, playwright: false as const, postmanVariables: { token: '{token.client}' } };
  let evidence: Record<string, unknown> = { smoke: [] };
  const context = {
    target: { ...target, smoke, identity: { from: 'route', path: '/version', field: 'release' } },
    sessionsFile: join(tmpdir(), `smoke-identity-${process.pid}.json`),
    runner: { signal: new AbortController().signal, emit: () => undefined, toolEnv: {}, projectRoot: '.' },
    run: {
      evidence: () => evidence,
      waited: () => undefined,
      runStep: async (_: string, __: string, collect: () => Promise<object>) => {
        evidence = { ...evidence, ...(await collect()) };
      },
    },
  } as unknown as CheckContext;
  const step = checkSteps.find(({ covers }) => covers.includes('smoke'));
  await step?.execute(context);
  expect(evidence['identity']).toEqual({ release: 'shop@2' });
  await step?.execute(context);
  expect(asked.filter((url) => url === '/version')).toHaveLength(1);
  server.close();
});
