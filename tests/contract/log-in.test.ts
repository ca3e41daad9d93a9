import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import type { RunEvent } from '../../src/core/events.ts';
import { signIn } from '../../src/runners/log-in.ts';
import { runnerContext } from '../e2e/support/runner-context.ts';
import { type Answer, type Asked, fakeClock, type ScriptedServer, startScripted } from './support/scripted-server.ts';
import { parseDeployment } from './support/service-defaults.ts';

let folder: string;
let server: ScriptedServer | undefined;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'log-in-'));
});
afterEach(async () => {
  await server?.[Symbol.asyncDispose]();
  server = undefined;
  await rm(folder, { recursive: true, force: true });
});

/** Logs the users in at a service with these keys in its target file. */
async function logIn(keys: string, users: readonly string[], answer: (asked: Asked, count: number) => Answer) {
  server = await startScripted(answer);
  const text = `name: mine\nkind: staging\nenvironments: { public: { api: '${server.address}' } }\n${keys}`;
  const deployment = parseDeployment('mine.yaml', text, { SECRET: 'a-s3cret-word' });
  const clock = fakeClock();
  const notes: string[] = [];
  const emit = (event: RunEvent) => void (event.type === 'note' && notes.push(event.text));
  const sessionsFile = join(folder, 'sessions.json');
  const target = chooseEnvironment('mine.yaml', deployment, undefined);
  const result = await signIn(target, { users, sessionsFile }, clock, runnerContext(folder, { emit }));
  const kept = result.ok ? (JSON.parse(await readFile(sessionsFile, 'utf8')) as unknown) : undefined;
  return { result, kept, clock, notes, asked: server.asked };
}

const bare = 'answers: { envelope: bare }\n';

describe('a log-in', () => {
  it('with a one-time password, on paths of its own', async () => {
    const keys = 'login: { with: otp, request: /sso/start, verify: /sso/finish }\n';
    const { kept, asked } = await logIn(keys, ['client'], ({ url }) =>
      url === '/sso/start'
        ? { body: { data: { otpSent: true, otp: '123456' } } }
        : { body: { data: { accessToken: 'a', refreshToken: 'r' } } },
    );
    expect(kept).toMatchObject({ client: { email: 'client@example.com', accessToken: 'a', refreshToken: 'r' } });
    expect(asked.map(({ url, body }) => [url, body])).toEqual([
      ['/sso/start', { email: 'client@example.com' }],
      ['/sso/finish', { email: 'client@example.com', otp: '123456' }],
    ]);
  });

  it('with a password, fields of its own and no envelope', async () => {
    const keys = `${bare}users: { client: { username: anna } }
login: { with: password, path: /sessions, password: '\${SECRET}', userField: user, passwordField: pass, accessToken: session.token, refreshToken: none }\n`;
    const { kept, asked } = await logIn(keys, ['client'], () => ({ status: 201, body: { session: { token: 't-1' } } }));
    expect(kept).toEqual({ client: { email: 'anna', accessToken: 't-1', expiresAt: 900_000 } });
    expect(asked).toMatchObject([{ method: 'POST', url: '/sessions', body: { user: 'anna', pass: 'a-s3cret-word' } }]);
  });

  it('with a token of the environment asks nobody, and a command prints the token of others', async () => {
    const keys = `users: { client: { token: '\${SECRET}' }, admin: { username: root } }
login: { with: token, command: [echo, 'for-{user}-{email}'] }\n`;
    const { kept, asked } = await logIn(keys, ['client', 'admin'], () => ({}));
    expect(kept).toMatchObject({
      client: { accessToken: 'a-s3cret-word' },
      admin: { accessToken: 'for-admin-root' },
    });
    expect(asked).toEqual([]);
  });

  it('of a user that the target file does not name fails with what to add', async () => {
    const { result } = await logIn('', ['client2'], () => ({}));
    expect(result).toMatchObject({ ok: false, problem: expect.stringContaining('no user client2; add it') as unknown });
  });

  it.each<[string, string, Answer, string]>([
    ['404', '', { status: 404 }, 'Is the prefix right (--auth-path or paths.auth)'],
    ['an answer without the envelope', '', { body: { otp: '1' } }, '--envelope bare or answers.envelope'],
    ['no JSON', '', { body: '<html>' }, 'the answer is not JSON'],
    [
      'no token',
      `${bare}login: { with: password, password: p }\nusers: { client: a@example.com }\n`,
      { body: { jwt: 'x' } },
      'no field accessToken; name it with --token-field',
    ],
  ])('that gets %s says what to change', async (_, keys, answer, expected) => {
    const { result } = await logIn(keys, ['client'], () => answer);
    expect(result).toMatchObject({ ok: false, problem: expect.stringContaining(expected) as unknown });
  });

  it('waits for a rate limit, and says so', async () => {
    const keys = `${bare}login: { with: password, password: p, refreshToken: none }\nusers: { client: a@example.com }\n`;
    const { result, notes, clock } = await logIn(keys, ['client'], (_, count) =>
      count === 1 ? { status: 429, headers: { 'retry-after': '42' } } : { body: { accessToken: 'a' } },
    );
    expect(result).toMatchObject({ ok: true, waitedMs: 42_250 });
    expect(notes).toEqual(['rate limit of the log-in: /auth/login answered 429, waiting 43 s (Retry-After)']);
    expect(clock.slept).toEqual([42_250]);
  });
});
