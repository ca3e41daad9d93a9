import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { type APIRequestContext, expect, type TestInfo } from '@playwright/test';
import { z } from 'zod';
import { type Answer, answerFrom } from './answers.ts';
import { readOtp } from './otp.ts';
import { askPatiently } from './rate-limit.ts';
import { dataOf, fieldOf } from './service.ts';
import type { Settings, UserName } from './settings.ts';

const sessionSchema = z.object({
  email: z.string(),
  accessToken: z.string(),
  refreshToken: z.string().optional(),
  expiresAt: z.number(),
});
type Session = z.output<typeof sessionSchema>;
type Sessions = Readonly<Record<string, Session | undefined>>;

const tokenLifeMs = 15 * 60_000;
/** A session that expires earlier is replaced instead of used. */
const leastLifeMs = 60_000;

export interface SignIn {
  readonly settings: Settings;
  readonly request: APIRequestContext;
  readonly testInfo: TestInfo;
  readonly record: (answer: Answer) => void;
}

/** The second users log in in the browser, so their file is another one: each file has one writer at a time. */
export function sessionsFileOf(user: UserName, { sessionsFile }: Pick<Settings, 'sessionsFile'>): string | undefined {
  return sessionsFile === undefined || !user.endsWith('2') ? sessionsFile : `${sessionsFile}.second`;
}

/** Exists once no further login in the browser is to be expected. */
export const browserOverFile = (sessionsFile: string): string => `${sessionsFile}.second.over`;

/** The access token of a user: that of another tool of this run, else that of a login of our own. */
export async function tokenOf(user: UserName, signIn: SignIn): Promise<string> {
  const held = await awaitSession(user, signIn.settings);
  return held?.accessToken ?? (await logIn(user, signIn));
}

/** The session of a user, as soon as it is there; undefined once none can come, or the wait is over. */
async function awaitSession(user: UserName, settings: Settings): Promise<Session | undefined> {
  const { sessionsFile, webUrl, loginsFinishedFile } = settings;
  const deadline = Date.now() + settings.sessionsWaitMs;
  const browserOver = sessionsFile === undefined || webUrl === undefined ? undefined : browserOverFile(sessionsFile);
  const [isExpected, overFile] = user.endsWith('2')
    ? [browserOver !== undefined, browserOver]
    : [true, loginsFinishedFile];
  for (;;) {
    const over = !isExpected || Date.now() >= deadline || (await exists(overFile));
    const session = (await readSessions(user, settings))[user];
    if (session && session.expiresAt - Date.now() > leastLifeMs) return session;
    if (over) return undefined;
    await sleep(50);
  }
}

async function readSessions(user: UserName, settings: Settings): Promise<Sessions> {
  // Other kinds of log-in are done before the tools start, all into one file.
  const file = settings.service.login.with === 'otp' ? sessionsFileOf(user, settings) : settings.sessionsFile;
  const text = file === undefined ? undefined : await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? {} : z.record(z.string(), sessionSchema.optional()).parse(JSON.parse(text));
}

async function logIn(user: UserName, { settings, request, testInfo, record }: SignIn): Promise<string> {
  const { service, authPath } = settings;
  const email = settings.emails[user];
  // Other kinds of log-in are done before the tools start, by whoever reads the target file.
  if (service.login.with !== 'otp' || email === undefined)
    throw new Error(`The sessions file has no session of ${user}.`);
  const post = async (path: string, data: object): Promise<unknown> => {
    const url = settings.apiUrl + path;
    const response = await askPatiently(testInfo, () => request.post(url, { data, timeout: 15_000 }), sleep);
    record(answerFrom({ method: 'POST', url, status: response.status() }, response.headers(), settings));
    expect(response.status(), `POST ${path}: status`).toBe(200);
    return dataOf(await response.json(), service);
  };
  const sent = z
    .object({ otp: z.string().optional() })
    .parse(await post(service.login.request ?? `${authPath}/login`, { email }));
  const otp = await readOtp(settings, email, sent.otp);
  const verified = await post(service.login.verify ?? `${authPath}/verify-otp`, { email, otp });
  return keepSession(user, verified, settings);
}

/** Shares the session of a log-in's answer with the tools that run later, and returns its access token. */
export async function keepSession(user: UserName, answered: unknown, settings: Settings): Promise<string> {
  const { access: accessField, refresh: refreshField } = settings.service.login.tokens;
  const accessToken = z.string(`the answer to the log-in has no ${accessField}`).parse(fieldOf(answered, accessField));
  const refresh = refreshField === undefined ? undefined : fieldOf(answered, refreshField);
  const file = sessionsFileOf(user, settings);
  if (file === undefined) return accessToken;
  const session: Session = {
    email: settings.emails[user] ?? '',
    accessToken,
    ...(typeof refresh === 'string' ? { refreshToken: refresh } : {}),
    expiresAt: Date.now() + tokenLifeMs,
  };
  const aside = `${file}.smoke`;
  await writeFile(aside, JSON.stringify({ ...(await readSessions(user, settings)), [user]: session }), { mode: 0o600 });
  await rename(aside, file);
  return accessToken;
}

const exists = (path: string | undefined): Promise<boolean> =>
  path === undefined
    ? Promise.resolve(false)
    : access(path).then(
        () => true,
        () => false,
      );
