import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type APIRequestContext, expect, type TestInfo } from '@playwright/test';
import { z } from 'zod';
import type { Sessions } from '../src/core/target.ts';
import { type Answer, answerFrom } from './answers.ts';
import { readOtp } from './otp.ts';
import { askPatiently } from './rate-limit.ts';
import type { Role, Settings } from './settings.ts';

const session = z.object({
  email: z.string(),
  accessToken: z.string(),
  refreshToken: z.string(),
  expiresAt: z.number(),
});
const sessionsSchema = z.object({ client: session.optional(), freelancer: session.optional() });
const tokensSchema = z.object({ data: z.object({ accessToken: z.string(), refreshToken: z.string() }) });

const roles = ['client', 'freelancer'] as const;
const tokenLifeMs = 15 * 60_000;

export interface SignIn {
  readonly settings: Settings;
  readonly request: APIRequestContext;
  readonly testInfo: TestInfo;
  readonly record: (answer: Answer) => void;
}

/** Access tokens of both roles: those of another tool of this run, else those of our own logins. */
export async function shareSessions(signIn: SignIn): Promise<Record<Role, string>> {
  const held = await awaitSessions(signIn.settings);
  const client = held.client?.accessToken ?? (await logIn('client', signIn));
  return { client, freelancer: held.freelancer?.accessToken ?? (await logIn('freelancer', signIn)) };
}

/** The content of the sessions file, as soon as it holds both roles, no more can come, or the wait is over. */
async function awaitSessions(settings: Settings): Promise<Sessions> {
  const deadline = Date.now() + settings.sessionsWaitMs;
  for (;;) {
    const over = Date.now() >= deadline || (await exists(settings.loginsFinishedFile));
    const held = await readSessions(settings);
    if (over || roles.every((role) => held[role])) return held;
    await sleep(50);
  }
}

async function readSessions({ sessionsFile }: Settings): Promise<Sessions> {
  const text = sessionsFile === undefined ? undefined : await readFile(sessionsFile, 'utf8').catch(() => undefined);
  return text === undefined ? {} : sessionsSchema.parse(JSON.parse(text));
}

async function logIn(role: Role, { settings, request, testInfo, record }: SignIn): Promise<string> {
  const email = settings.emails[role];
  const post = async (path: string, data: object): Promise<unknown> => {
    const url = settings.apiUrl + settings.authPath + path;
    const response = await askPatiently(testInfo, () => request.post(url, { data, timeout: 15_000 }), sleep);
    record(answerFrom('POST', url, response.status(), response.headers()));
    expect(response.status(), `POST ${settings.authPath}${path}: status`).toBe(200);
    return response.json();
  };
  const { data } = z.object({ data: z.object({ otp: z.string().optional() }) }).parse(await post('/login', { email }));
  const otp = await readOtp(settings, email, data.otp);
  const { accessToken, refreshToken } = tokensSchema.parse(await post('/verify-otp', { email, otp })).data;
  await keep({ [role]: { email, accessToken, refreshToken, expiresAt: Date.now() + tokenLifeMs } }, settings);
  return accessToken;
}

/** Shares the session with the tools that run later. */
async function keep(sessions: Sessions, settings: Settings): Promise<void> {
  if (settings.sessionsFile === undefined) return;
  const aside = `${settings.sessionsFile}.smoke`;
  await writeFile(aside, JSON.stringify({ ...(await readSessions(settings)), ...sessions }), { mode: 0o600 });
  await rename(aside, settings.sessionsFile);
}

const exists = (path: string | undefined): Promise<boolean> =>
  path === undefined
    ? Promise.resolve(false)
    : access(path).then(
        () => true,
        () => false,
      );
