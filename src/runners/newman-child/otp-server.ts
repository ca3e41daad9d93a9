import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Command } from '../../core/target.ts';
import { askCommand } from '../../system/command.ts';
import type { ChildInput } from './contract.ts';

interface OtpServer extends AsyncDisposable {
  /** `?email=…` answers with the code as plain text. */
  readonly address: string;
  /** Why a code was not available: a broken mailbox is not a failure of the release. */
  readonly problems: readonly string[];
}

/**
 * A Postman script cannot run a command, so the command that fetches a code from a mailbox runs here, behind a loopback
 * address with a random path.
 */
export async function openOtpServer(
  [program, ...args]: Command,
  { commandEnv, emails }: Pick<ChildInput, 'commandEnv' | 'emails'>,
  learn: (secret: string) => void,
): Promise<OtpServer> {
  const path = `/${randomUUID()}`;
  const problems: string[] = [];
  const closed = new AbortController();

  async function codeFor(email: string): Promise<string | undefined> {
    const output = await askCommand([program, ...args.map((arg) => arg.replaceAll('{email}', email))], {
      env: commandEnv,
      cwd: process.cwd(),
      timeoutMs: 30_000,
      signal: closed.signal,
    });
    const code = /\b\d{6}\b/.exec(output.stdout)?.[0];
    if (code === undefined)
      problems.push(`the OTP command ${program} printed no six digits (exit code ${output.exitCode})`);
    else learn(code);
    return code;
  }

  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://localhost');
    const email = url.searchParams.get('email');
    if (url.pathname !== path || !email) return void response.writeHead(404).end();
    // A collection may ask for anybody's code; the mailbox is opened for the users of the target file only.
    if (!Object.values(emails).includes(email)) {
      problems.push(
        `the collection asked for a one-time password of ${email}, who is not in \`users\` of the target file`,
      );
      return void response.writeHead(403).end();
    }
    void codeFor(email).then((code) => response.writeHead(code === undefined ? 502 : 200).end(code));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    address: `http://127.0.0.1:${(server.address() as { port: number }).port}${path}`,
    problems,
    [Symbol.asyncDispose]: async () => {
      closed.abort();
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
