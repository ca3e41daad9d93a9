import type { Role } from '../src/core/target.ts';
import { send } from './counting.ts';
import { authUrl, sessions } from './question.ts';

/** Access tokens live 15 minutes; a longer load renews them while it runs. */
const tokenLifeMs = 15 * 60_000;
/** A token with less life than this is renewed before it is used. */
const leastLifeMs = 60_000;
const pauseAfterFailureMs = 5000;

/** Each virtual user keeps its own: k6 gives every one of them a copy of this module. */
const held = { client: tokensOf('client'), freelancer: tokensOf('freelancer') };

function tokensOf(role: Role) {
  const session = sessions[role];
  if (!session) throw new Error(`the sessions file has no ${role}`);
  return {
    bearer: `Bearer ${session.accessToken}`,
    refresh: session.refreshToken,
    renewAt: session.expiresAt - leastLifeMs,
  };
}

/** The value of the Authorization header. */
export function bearer(role: Role): string {
  if (Date.now() >= held[role].renewAt) renew(role);
  return held[role].bearer;
}

/** Returns whether there is a new token. A target that gives none is not asked again at once. */
export function renew(role: Role): boolean {
  const tokens = held[role];
  const response = send('POST', `${authUrl}/refresh`, JSON.stringify({ refreshToken: tokens.refresh }), {
    headers: { 'Content-Type': 'application/json' },
    tags: { name: '/auth/refresh' },
    timeout: 5000,
  });
  const token = /"accessToken"\s*:\s*"([^"]+)"/.exec(response.body ?? '')?.[1];
  const renewed = response.status === 200 && token !== undefined;
  if (renewed) tokens.bearer = `Bearer ${token}`;
  tokens.renewAt = Date.now() + (renewed ? tokenLifeMs - leastLifeMs : pauseAfterFailureMs);
  return renewed;
}
