import type { CrashlyticsSettings } from '../core/crashes.ts';
import { messageOf } from '../core/errors.ts';

const scope = 'https://www.googleapis.com/auth/cloud-platform';

/** An access token of Google's APIs, or why there is none. Never throws, and no message holds the token. */
export async function googleToken(
  auth: CrashlyticsSettings['auth'],
  secret: (name: string) => string | undefined,
): Promise<{ readonly token: string } | { readonly problem: string }> {
  if ('token' in auth) {
    if (auth.token === false) return { token: 'none' };
    const token = secret(auth.token);
    return token === undefined ? { problem: `the environment variable ${auth.token} is not set` } : { token };
  }
  const keyFile = secret(auth.credentials);
  if (keyFile === undefined) return { problem: `the environment variable ${auth.credentials} is not set` };
  try {
    const { GoogleAuth } = await import('google-auth-library');
    const token = await new GoogleAuth({ keyFile, scopes: [scope] }).getAccessToken();
    return token ? { token } : { problem: `Google gave no token for the key file of ${auth.credentials}` };
  } catch (error) {
    return { problem: `no token for the key file of ${auth.credentials}: ${messageOf(error)}` };
  }
}
