import { once } from 'node:events';
import { createServer } from 'node:http';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePorts } from '../../../sandbox/fleet/ports.ts';
import { Children } from '../../../sandbox/fleet/children.ts';
import { findHaproxy } from '../../../scripts/setup/find-tools.mjs';

export interface OwnHaproxy extends AsyncDisposable {
  readonly socket: string;
  /** A socket of level `operator`, which may read and change nothing. */
  readonly operatorSocket: string;
  /** The statuses of so many requests of users. */
  readonly statuses: (count: number) => Promise<number[]>;
}

/**
 * A real HAProxy with one backend `freetask` of these lines; {address} is that of a server that answers everything, {closed} one
 * where no server listens.
 */
export async function startOwnHaproxy(lines: readonly string[]): Promise<OwnHaproxy> {
  const folder = await mkdtemp(join(tmpdir(), 'haproxy-'));
  const children = new Children(folder, () => undefined);
  const server = createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const [publicPort = 0, closedPort = 0] = await freePorts(2);
  const socket = join(folder, 'admin.sock');
  const operatorSocket = join(folder, 'operator.sock');
  const config = join(folder, 'haproxy.cfg');
  await writeFile(
    config,
    `global
  stats socket ${socket} mode 600 level admin
  stats socket ${operatorSocket} mode 600 level operator
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
frontend public
  bind 127.0.0.1:${publicPort}
  default_backend freetask
backend freetask
${lines.map((line) => `  ${line.replaceAll('{address}', address).replaceAll('{closed}', `127.0.0.1:${closedPort}`)}`).join('\n')}
`,
  );
  const found = await findHaproxy();
  if (!found) throw new Error('haproxy was not found');
  const haproxy = await children.start('haproxy', {
    command: [found.path, '-W', '-db', '-f', config],
    env: { PATH: process.env['PATH'] },
    readyLine: /Loading success|New worker .* forked/,
    readyWithinMs: 10_000,
  });
  return {
    socket,
    operatorSocket,
    statuses: async (count) => {
      const statuses: number[] = [];
      for (let index = 0; index < count; index += 1)
        statuses.push((await fetch(`http://127.0.0.1:${publicPort}/`)).status);
      return statuses;
    },
    [Symbol.asyncDispose]: async () => {
      await haproxy.stop('SIGTERM', 3000);
      await children.release();
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
