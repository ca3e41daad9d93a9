import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Role, Sessions } from '../../core/target.ts';
import type { ChildQuestion } from './contract.ts';
import type { RequestEvent } from './describe.ts';

const tokenLifeMs = 15 * 60_000;

/**
 * A log-in that the collection tested serves the other tools of the run too. Seen from its answer, not from the
 * collection's variables, so that any collection shares its sessions.
 */
export function keepSession({ sessionsFile, emails }: ChildQuestion, { request, response }: RequestEvent): void {
  if (response?.code !== 200 || !request.url.toString().endsWith('/verify-otp')) return;
  const asked = parse(request.body?.raw);
  const data = parse(response.text())['data'] as Record<string, unknown> | undefined;
  const role = (['client', 'freelancer'] as const).find((each) => emails[each] === asked['email']);
  const { accessToken, refreshToken } = data ?? {};
  if (!role || typeof accessToken !== 'string' || typeof refreshToken !== 'string') return;
  const held = readSessions(sessionsFile);
  const sessions: Sessions = {
    ...held,
    [role satisfies Role]: { email: emails[role], accessToken, refreshToken, expiresAt: Date.now() + tokenLifeMs },
  };
  writeFileSync(`${sessionsFile}.part`, JSON.stringify(sessions), { mode: 0o600 });
  renameSync(`${sessionsFile}.part`, sessionsFile);
}

function readSessions(file: string): Sessions {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Sessions;
  } catch {
    return {};
  }
}

function parse(text: string | undefined): Record<string, unknown> {
  try {
    return (JSON.parse(text ?? '') as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}
