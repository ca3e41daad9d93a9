import type { Role, Session, Sessions, Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { askCommand } from '../system/command.ts';
import { readJson, writeJsonAtomic } from '../system/files.ts';
import { ask, type HttpAnswer } from '../system/http.ts';
import type { RunnerContext } from './runner.ts';

/** A session that expires earlier is replaced instead of used. */
const leastLifeMs = 60_000;
/** FreeTask's access tokens live 15 minutes. */
const tokenLifeMs = 15 * 60_000;
/** A rate limit of FreeTask is over after a minute. */
const longestWaitMs = 65_000;
const requestTimeoutMs = 15_000;

export type SignIn =
  | { readonly ok: true; readonly sessions: Required<Sessions> }
  | { readonly ok: false; readonly problem: string };

/** What every request of a login needs. */
interface Login {
  readonly target: Target;
  readonly clock: Clock;
  readonly context: RunnerContext;
}

/**
 * Completes the sessions file for both roles: sessions that another tool of this run left there are used, missing ones are
 * created by a login. Never throws for what the target answered.
 */
export async function signIn(
  target: Target,
  sessionsFile: string,
  clock: Clock,
  context: RunnerContext,
): Promise<SignIn> {
  const held = ((await readJson(sessionsFile)) ?? {}) as Sessions;
  const sessions: Partial<Record<Role, Session>> = {};
  for (const role of ['client', 'freelancer'] as const) {
    const known = held[role];
    if (known && known.expiresAt - clock.now() > leastLifeMs) {
      sessions[role] = known;
      continue;
    }
    const session = await logIn(target.users[role], { target, clock, context });
    if ('problem' in session) return { ok: false, problem: `${role} could not log in: ${session.problem}` };
    sessions[role] = session;
    await writeJsonAtomic(sessionsFile, { ...held, ...sessions }, 0o600);
  }
  return { ok: true, sessions: sessions as Required<Sessions> };
}

interface Problem {
  readonly problem: string;
}

async function logIn(email: string, login: Login): Promise<Session | Problem> {
  const { target, clock } = login;
  const auth = target.environment.api + target.paths.auth;
  const sent = dataOf(await postPatiently(`${auth}/login`, { email }, login));
  if ('problem' in sent) return { problem: `POST ${auth}/login: ${sent.problem}` };
  const otp = await readOtp(email, sent.data, login);
  if (typeof otp !== 'string') return otp;
  const verified = dataOf(await postPatiently(`${auth}/verify-otp`, { email, otp }, login));
  if ('problem' in verified) return { problem: `POST ${auth}/verify-otp: ${verified.problem}` };
  const { accessToken, refreshToken } = verified.data;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string')
    return { problem: 'the answer has no tokens' };
  return { email, accessToken, refreshToken, expiresAt: clock.now() + tokenLifeMs };
}

async function readOtp(
  email: string,
  sent: Readonly<Record<string, unknown>>,
  { target: { otp }, context }: Login,
): Promise<string | Problem> {
  if (otp.from === 'fixed') return otp.code;
  if (otp.from === 'response') {
    return typeof sent['otp'] === 'string'
      ? sent['otp']
      : { problem: 'the answer to the login holds no OTP; set `otp` in the target file' };
  }
  const [program, ...args] = otp.command;
  const answer = await askCommand([program, ...args.map((arg) => arg.replaceAll('{email}', email))], {
    env: context.toolEnv,
    cwd: context.projectRoot,
    timeoutMs: 30_000,
    signal: context.signal,
  });
  const code = /\b\d{6}\b/.exec(answer.stdout)?.[0];
  return code ?? { problem: `the OTP command ${program} printed no six digits (exit code ${answer.exitCode})` };
}

/** Waits until a rate limit is over: it is caused by the suite's own logins and proves nothing about the release. */
async function postPatiently(url: string, json: unknown, { target, clock, context }: Login): Promise<HttpAnswer> {
  const timeoutMs = Math.min(requestTimeoutMs, target.smoke.budgetMs);
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask({ url, method: 'POST', json, timeoutMs, signal: context.signal });
    if (!answer.ok || answer.status !== 429 || attempt === 3) return answer;
    const waitMs = waitOf(answer.header('retry-after'));
    context.emit({
      type: 'note',
      text: `rate limit of the login: waiting ${Math.ceil(waitMs / 1000)} s (Retry-After)`,
    });
    await clock.sleep(waitMs, context.signal);
  }
}

/** Retry-After in seconds; a date counts as the whole minute of the limit. */
function waitOf(retryAfter: string | null | undefined): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000 + 250, longestWaitMs) : longestWaitMs;
}

function dataOf(answer: HttpAnswer): { data: Record<string, unknown> } | Problem {
  if (!answer.ok) return { problem: answer.error };
  if (answer.status !== 200) return { problem: `status ${answer.status}` };
  try {
    const { data } = JSON.parse(answer.text) as { data?: unknown };
    return typeof data === 'object' && data !== null
      ? { data: data as Record<string, unknown> }
      : { problem: 'the answer has no data' };
  } catch {
    return { problem: 'the answer is not JSON' };
  }
}
