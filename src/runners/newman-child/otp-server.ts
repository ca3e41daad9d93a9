import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Command } from '../../core/target.ts';
import { askCommand } from '../../system/command.ts';
import type { ChildInput } from './contract.ts';

interface OtpServer extends AsyncDisposable {
  /** `?email=…` is answered with the code as plain text. */
  readonly address: string;
  /** Why a code could not be had: a dumb mailbox is no failure of the release. */
  readonly problems: readonly string[];
}

/**
 * A Postman script cannot run a command, so one that fetches the code from a mailbox is run here and its answer told at a
 * loopback address that nobody can guess.
 */
export async function openOtpServer(
  [program, ...args]: Command,
  { commandEnv }: ChildInput,
  learn: (secret: string) => void,
): Promise<OtpServer> {
  const path = `/${randomUUID()}`;
  const problems: string[] = [];
  const over = new AbortController();

  async function codeFor(email: string): Promise<string | undefined> {
    const answer = await askCommand([program, ...args.map((arg) => arg.replaceAll('{email}', email))], {
      env: commandEnv,
      cwd: process.cwd(),
      timeoutMs: 30_000,
      signal: over.signal,
    });
    const code = /\b\d{6}\b/.exec(answer.stdout)?.[0];
    if (code === undefined)
      problems.push(`the OTP command ${program} printed no six digits (exit code ${answer.exitCode})`);
    else learn(code);
    return code;
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const email = url.searchParams.get('email');
    if (url.pathname !== path || !email) return void response.writeHead(404).end();
    void codeFor(email).then((code) => response.writeHead(code === undefined ? 502 : 200).end(code));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as { port: number }).port}${path}`,
    problems,
    [Symbol.asyncDispose]: async () => {
      over.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
