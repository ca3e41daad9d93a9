import { access, readFile, rename, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { APIRequestContext } from '@playwright/test';
import type { Role, Sessions } from '../src/core/target.ts';
import { readOtp } from './otp.ts';
import type { Settings } from './settings.ts';

const roles = ['client', 'freelancer'] as const;
const tokenLifeMs = 15 * 60_000;
const longestWaitMs = 65_000;

/** Access tokens of both roles: those that another tool of this run has left, else our own logins. */
export async function shareSessions(settings: Settings, request: APIRequestContext): Promise<Record<Role, string>> {
  const deadline = Date.now() + settings.sessionsWaitMs;
  let held = await readSessions(settings);
  while (!(held.client && held.freelancer) && Date.now() < deadline) {
    // The other tool has ended: what it has not put there by now will not come.
    const closed = await exists(`${settings.sessionsFile}.closed`);
    held = await readSessions(settings);
    if (closed) break;
    await sleep(50);
  }
  const tokens: Partial<Record<Role, string>> = {};
  for (const role of roles) tokens[role] = held[role]?.accessToken ?? (await logIn(settings, request, role));
  return tokens as Record<Role, string>;
}

const exists = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function readSessions({ sessionsFile }: Settings): Promise<Sessions> {
  if (!sessionsFile) return {};
  return readFile(sessionsFile, 'utf8').then(
    (text) => JSON.parse(text) as Sessions,
    () => ({}),
  );
}

async function logIn(settings: Settings, request: APIRequestContext, role: Role): Promise<string> {
  const email = settings.emails[role];
  const auth = settings.apiUrl + settings.authPath;
  const login = await postPatiently(request, `${auth}/login`, { email });
  const otp = await readOtp(settings.otp, email, login['otp'] as string | undefined);
  const verified = await postPatiently(request, `${auth}/verify-otp`, { email, otp });
  const { accessToken, refreshToken } = verified as { accessToken: string; refreshToken: string };
  if (settings.sessionsFile) {
    const sessions: Sessions = {
      ...(await readSessions(settings)),
      [role]: { email, accessToken, refreshToken, expiresAt: Date.now() + tokenLifeMs },
    };
    await writeFile(`${settings.sessionsFile}.smoke`, JSON.stringify(sessions), { mode: 0o600 });
    await rename(`${settings.sessionsFile}.smoke`, settings.sessionsFile);
  }
  return accessToken;
}

/** A rate limit is waited out, because the suite's own haste says nothing about the release. */
async function postPatiently(request: APIRequestContext, url: string, data: object): Promise<Record<string, unknown>> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await request.post(url, { data, timeout: 15_000 });
    if (response.ok()) return ((await response.json()) as { data: Record<string, unknown> }).data;
    if (response.status() !== 429) throw new Error(`POST ${url} answered ${response.status()}`);
    if (attempt === 3) throw new Error(`RATE LIMITED: POST ${url} still answered 429 after two waits`);
    await sleep(Math.min(Number(response.headers()['retry-after'] ?? 60) * 1000 + 250, longestWaitMs));
  }
}
