import { send } from './counting.ts';
import { accessField, refreshUrl, type Role, sessions } from './question.ts';

/** Access tokens live 15 minutes; a longer load renews them while it runs. */
const tokenLifeMs = 15 * 60_000;
/** A token that expires sooner is renewed before it is used. */
const minimumLifeMs = 60_000;
const pauseAfterFailureMs = 5000;
/** Wherever in the answer it is. */
const tokenIn = new RegExp(`"${accessField}"\\s*:\\s*"([^"]+)"`);

/** One copy for each virtual user: k6 gives each its own instance of this module. */
const tokens = { client: tokensOf('client'), freelancer: tokensOf('freelancer') };

function tokensOf(role: Role) {
  const session = sessions[role];
  if (!session) throw new Error(`the sessions file has no ${role}`);
  const Authorization = `Bearer ${session.accessToken}`;
  return {
    GET: { Authorization },
    POST: { Authorization, 'Content-Type': 'application/json' },
    refresh: session.refreshToken,
    renewAt: session.refreshToken === undefined || refreshUrl === '' ? Infinity : session.expiresAt - minimumLifeMs,
  };
}

/** The headers of a request; a renewed token is set in the same object. */
export const headersOf = (role: Role, method: 'GET' | 'POST'): Record<string, string> => tokens[role][method];

/** Renews the tokens that expire soon: once an iteration, which is far shorter than the life that they have left. */
export function renewTokens(): void {
  const now = Date.now();
  if (now >= tokens.client.renewAt) renew('client');
  if (now >= tokens.freelancer.renewAt) renew('freelancer');
}

/** Returns whether there is a new token. After a failure the next attempt waits five seconds. */
export function renew(role: Role): boolean {
  const own = tokens[role];
  if (own.renewAt === Infinity) return false;
  const response = send('POST', refreshUrl, JSON.stringify({ refreshToken: own.refresh }), {
    headers: { 'Content-Type': 'application/json' },
    timeout: 5000,
  });
  const token = tokenIn.exec(response.body ?? '')?.[1];
  const renewed = response.status === 200 && token !== undefined;
  if (renewed) own.GET.Authorization = own.POST.Authorization = `Bearer ${token}`;
  own.renewAt = Date.now() + (renewed ? tokenLifeMs - minimumLifeMs : pauseAfterFailureMs);
  return renewed;
}
