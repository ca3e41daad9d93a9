import type { Answers, TokenFields, User, UserName } from '../core/service.ts';
import type { Session, Sessions, Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { askCommand, fillCommand } from '../system/command.ts';
import { readJson, writeJsonAtomic } from '../system/files.ts';
import { ask, type HttpAnswer } from '../system/http.ts';
import type { RunnerContext } from './runner.ts';

/** A session that expires earlier is replaced instead of used. */
const leastLifeMs = 60_000;
/** A rate limit that does not say when it ends is taken for one of a minute. */
const longestWaitMs = 65_000;
const requestTimeoutMs = 15_000;
const commandTimeoutMs = 30_000;

/** `waitedMs`: for rate limits. */
export type SignIn =
  | { readonly ok: true; readonly sessions: Readonly<Record<UserName, Session>>; readonly waitedMs: number }
  | { readonly ok: false; readonly problem: string; readonly waitedMs: number };

/** What every request of a login needs. */
interface LoginContext {
  readonly target: Target;
  readonly clock: Clock;
  readonly context: RunnerContext;
  readonly waited: (ms: number) => void;
}

/**
 * Completes the sessions file for the users: sessions that another tool of this run left there are used, missing ones are
 * created by a login. Never throws for what the target answered.
 */
export async function signIn(
  target: Target,
  { users, sessionsFile }: { readonly users: readonly UserName[]; readonly sessionsFile: string },
  clock: Clock,
  context: RunnerContext,
): Promise<SignIn> {
  const held = ((await readJson(sessionsFile)) ?? {}) as Sessions;
  const sessions: Record<UserName, Session> = {};
  let waitedMs = 0;
  const waited = (ms: number) => void (waitedMs += ms);
  for (const name of users) {
    const known = held[name];
    if (known && known.expiresAt - clock.now() > leastLifeMs) {
      sessions[name] = known;
      continue;
    }
    const user = target.service.users[name];
    if (!user)
      return { ok: false, waitedMs, problem: `the target has no user ${name}; add it to \`users\`, or use --user` };
    const session = await logIn(name, user, { target, clock, context, waited });
    if ('problem' in session) return { ok: false, waitedMs, problem: `${name} could not log in: ${session.problem}` };
    sessions[name] = session;
    await writeJsonAtomic(sessionsFile, { ...held, ...sessions }, 0o600);
  }
  return { ok: true, sessions, waitedMs };
}

interface Problem {
  readonly problem: string;
}

async function logIn(name: UserName, user: User, context: LoginContext): Promise<Session | Problem> {
  const { login } = context.target.service;
  if (user.token !== undefined) return given(user, user.token, context);
  switch (login.with) {
    case 'otp':
      return logInWithOtp(user, context);
    case 'password':
      return logInWithPassword(user, context);
    case 'token':
      return tokenOfCommand(name, user, context);
    case 'none':
      return { problem: '`login` is none' };
  }
}

async function logInWithOtp({ email }: User, context: LoginContext): Promise<Session | Problem> {
  const { login } = context.target.service;
  if (login.with !== 'otp') return { problem: 'no log-in with otp' };
  const sent = await post(login.request, { email }, context);
  if ('problem' in sent) return sent;
  const otp = await readOtp(email, sent.data, context);
  if (typeof otp !== 'string') return otp;
  const verified = await post(login.verify, { email, otp }, context);
  return 'problem' in verified ? verified : sessionOf(email, verified.data, login.tokens, context);
}

async function logInWithPassword({ email, password }: User, context: LoginContext): Promise<Session | Problem> {
  const { login } = context.target.service;
  if (login.with !== 'password') return { problem: 'no log-in with password' };
  const { fields, path, tokens } = login;
  const answer = await post(path, { [fields.user]: email, [fields.password]: password }, context);
  return 'problem' in answer ? answer : sessionOf(email, answer.data, tokens, context);
}

async function tokenOfCommand(name: UserName, user: User, context: LoginContext): Promise<Session | Problem> {
  const { login } = context.target.service;
  if (login.with !== 'token' || !login.command) return { problem: 'the user has no token' };
  const command = fillCommand(login.command, { user: name, email: user.email });
  const { stdout, exitCode } = await runCommand(command, context);
  const token = stdout.trim().split(/\s+/)[0] ?? '';
  return token === ''
    ? { problem: `the token command ${command[0]} printed nothing (exit code ${exitCode})` }
    : given(user, token, context);
}

/** A token that nobody logged in for. */
function given({ email }: User, accessToken: string, { target, clock }: LoginContext): Session {
  const { login } = target.service;
  const lifeMs = login.with === 'token' ? login.lifeMs : foreverMs;
  return { email, accessToken, expiresAt: clock.now() + lifeMs };
}

/** A token of the target file outlives every run. */
const foreverMs = 24 * 3_600_000;

function sessionOf(
  email: string,
  data: unknown,
  { access, refresh, lifeMs }: TokenFields,
  { clock }: LoginContext,
): Session | Problem {
  const accessToken = fieldOf(data, access);
  const refreshToken = refresh === undefined ? undefined : fieldOf(data, refresh);
  if (typeof accessToken !== 'string')
    return { problem: `the answer has no field ${access}; name it with --token-field or login.accessToken` };
  const session = { email, accessToken, expiresAt: clock.now() + lifeMs };
  if (refresh === undefined) return session;
  return typeof refreshToken === 'string'
    ? { ...session, refreshToken }
    : { problem: `the answer has no field ${refresh}; name it with login.refreshToken, or none` };
}

function runCommand(command: readonly [string, ...string[]], { context }: LoginContext) {
  return askCommand(command, {
    env: context.toolEnv,
    cwd: context.projectRoot,
    timeoutMs: commandTimeoutMs,
    signal: context.signal,
  });
}

async function readOtp(email: string, sent: unknown, context: LoginContext): Promise<string | Problem> {
  const { login } = context.target.service;
  const delivery = login.with === 'otp' ? login.delivery : { from: 'response' as const };
  if (delivery.from === 'fixed') return delivery.code;
  if (delivery.from === 'response') {
    const otp = fieldOf(sent, 'otp');
    return typeof otp === 'string' ? otp : { problem: 'the answer to the login holds no OTP; set `otp`' };
  }
  const { stdout, exitCode } = await runCommand(fillCommand(delivery.command, { email }), context);
  const code = /\b\d{6}\b/.exec(stdout)?.[0];
  return code ?? { problem: `the OTP command ${delivery.command[0]} printed no six digits (exit code ${exitCode})` };
}

/** Waits until a rate limit is over: it is caused by the suite's own logins and proves nothing about the release. */
async function post(path: string, json: unknown, login: LoginContext): Promise<{ data: unknown } | Problem> {
  const { target, clock, context } = login;
  const url = target.environment.api + path;
  const timeoutMs = Math.min(requestTimeoutMs, target.smoke.budgetMs);
  for (let attempt = 1; ; attempt += 1) {
    await context.pacer?.turn(context.signal);
    const answer = await ask({ url, method: 'POST', json, timeoutMs, signal: context.signal });
    if (!answer.ok || answer.status !== 429 || attempt === 3) {
      const read = dataOf(answer, target.service.answers);
      return 'problem' in read ? { problem: `POST ${url}: ${read.problem}` } : read;
    }
    const waitMs = waitOf(answer.header('retry-after'));
    const text = `rate limit of the log-in: ${path} answered 429, waiting ${Math.ceil(waitMs / 1000)} s (Retry-After)`;
    context.emit({ type: 'note', text });
    login.waited(waitMs);
    await clock.sleep(waitMs, context.signal);
  }
}

/** Retry-After in seconds; a date counts as the whole minute of the limit. */
function waitOf(retryAfter: string | null | undefined): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000 + 250, longestWaitMs) : longestWaitMs;
}

function dataOf(answer: HttpAnswer, { envelope }: Answers): { data: unknown } | Problem {
  if (!answer.ok) return { problem: answer.error };
  if (answer.status === 404) return { problem: `status 404. ${noSuchRoute}` };
  if (answer.status < 200 || answer.status > 299) return { problem: `status ${answer.status}` };
  try {
    const body: unknown = JSON.parse(answer.text);
    const data = envelope === undefined ? body : fieldOf(body, envelope);
    if (typeof data === 'object' && data !== null) return { data };
    return {
      problem: `the answer has no ${envelope ?? 'object'}; without an envelope: --envelope bare or answers.envelope`,
    };
  } catch {
    return { problem: 'the answer is not JSON' };
  }
}

/** What a 404 of a log-in may mean. */
export const noSuchRoute =
  'Is the prefix right (--auth-path or paths.auth), the way to log in (--login or login), and the user known?';

/** A dotted field of an answer. */
function fieldOf(value: unknown, path: string): unknown {
  let found = value;
  for (const key of path.split('.')) found = (found as Readonly<Record<string, unknown>> | null | undefined)?.[key];
  return found;
}
