import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { promisify } from 'node:util';
import type { Command } from '../../core/target.ts';

/**
 * A Postman script cannot run a command, so one that fetches the code from a mailbox is run here and its answer told at a
 * loopback address that nobody can guess.
 */
export async function openOtpDesk([program, ...args]: Command): Promise<{
  address: string;
  close: () => Promise<void>;
}> {
  const path = `/${randomUUID()}`;
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const email = url.searchParams.get('email');
    if (url.pathname !== path || !email) return void response.writeHead(404).end();
    promisify(execFile)(
      program,
      args.map((arg) => arg.replaceAll('{email}', email)),
      { timeout: 30_000 },
    ).then(
      ({ stdout }) => {
        const code = /\b\d{6}\b/.exec(stdout)?.[0];
        return code ? response.end(code) : response.writeHead(502).end('the command printed no six digits');
      },
      (error: Error & { code?: unknown }) => response.writeHead(502).end(`the command failed (${String(error.code)})`),
    );
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  return {
    address: `http://127.0.0.1:${port}${path}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
