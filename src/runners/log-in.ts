import type { Role, Session, Sessions, Target } from '../core/target.ts';
import type { Clock } from '../system/clock.ts';
import { askCommand } from '../system/command.ts';
import { readJson, writeJsonAtomic } from '../system/files.ts';
import { ask, type HttpAnswer } from '../system/http.ts';
import type { RunnerContext } from './runner.ts';

/** What a session is good for: less than this much life left, and it is renewed instead of used. */
const leastLifeMs = 60_000;
/** FreeTask's access tokens live 15 minutes. */
const tokenLifeMs = 15 * 60_000;
/** A rate limit of FreeTask is over after a minute. */
const longestWaitMs = 65_000;

export type SignIn =
  | { readonly ok: true; readonly sessions: Required<Sessions> }
  | { readonly ok: false; readonly problem: string };

/**
 * Sees to it that the sessions file holds both roles: what another tool of this run left there is used, the rest is logged
 * in for. Never throws for what the target answered.
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
    const session = await logIn(target, target.users[role], clock, context);
    if ('problem' in session) return { ok: false, problem: `${role} could not log in: ${session.problem}` };
    sessions[role] = session;
    await writeJsonAtomic(sessionsFile, { ...held, ...sessions }, 0o600);
  }
  return { ok: true, sessions: sessions as Required<Sessions> };
}

type Trouble = { readonly problem: string };

async function logIn(target: Target, email: string, clock: Clock, context: RunnerContext): Promise<Session | Trouble> {
  const auth = target.environment.api + target.paths.auth;
  const login = await askPatiently(`${auth}/login`, { email }, clock, context);
  const sent = dataOf(login, 200);
  if ('problem' in sent) return { problem: `POST ${auth}/login: ${sent.problem}` };
  const otp = await readOtp(target, email, sent.data, context);
  if (typeof otp !== 'string') return otp;
  const verified = dataOf(await askPatiently(`${auth}/verify-otp`, { email, otp }, clock, context), 200);
  if ('problem' in verified) return { problem: `POST ${auth}/verify-otp: ${verified.problem}` };
  const { accessToken, refreshToken } = verified.data;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string')
    return { problem: 'the answer has no tokens' };
  return { email, accessToken, refreshToken, expiresAt: clock.now() + tokenLifeMs };
}

async function readOtp(
  { otp }: Target,
  email: string,
  sent: Record<string, unknown>,
  context: RunnerContext,
): Promise<string | Trouble> {
  if (otp.from === 'fixed') return otp.code;
  if (otp.from === 'response') {
    return typeof sent['otp'] === 'string'
      ? sent['otp']
      : { problem: 'the login does not tell the OTP; set `otp` in the target file' };
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

/** Waits a rate limit out: the suite's own haste is not the release's failure. */
async function askPatiently(url: string, json: unknown, clock: Clock, context: RunnerContext): Promise<HttpAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask({ url, method: 'POST', json, timeoutMs: 15_000, signal: context.signal });
    if (!answer.ok || answer.status !== 429 || attempt === 3) return answer;
    const waitMs = waitOf(answer.header('retry-after'));
    context.emit({ type: 'note', text: `rate limit of the login: waiting ${Math.ceil(waitMs / 1000)} s as told` });
    await clock.sleep(waitMs, context.signal);
  }
}

/** Told in seconds, or as a date, which is no number: then the whole minute of the limit. */
function waitOf(retryAfter: string | null | undefined): number {
  const seconds = Number(retryAfter ?? Number.NaN);
  return Number.isFinite(seconds) ? Math.min(seconds * 1000 + 250, longestWaitMs) : longestWaitMs;
}

function dataOf(answer: HttpAnswer, wanted: number): { data: Record<string, unknown> } | Trouble {
  if (!answer.ok) return { problem: answer.error };
  if (answer.status !== wanted) return { problem: `it answered ${answer.status}` };
  try {
    const { data } = JSON.parse(answer.text) as { data?: unknown };
    return typeof data === 'object' && data !== null
      ? { data: data as Record<string, unknown> }
      : { problem: 'the answer has no data' };
  } catch {
    return { problem: 'the answer is not JSON' };
  }
}
