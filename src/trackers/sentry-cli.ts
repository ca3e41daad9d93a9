import type { Attempt, CourtesyOutcome, SentrySettings } from '../core/courtesy.ts';
import { askCommand, type CommandAnswer, type CommandContext } from '../system/command.ts';

/** sentry-cli for one target. Never throws. */
export type SentryCli = (
  args: readonly string[],
  attempt: Attempt,
  /** Where it searches for a repository; the root folder, where there is none, by default. */
  folder?: string,
) => Promise<CommandAnswer>;

export function createSentryCli(
  settings: SentrySettings,
  token: string | undefined,
  context: CommandContext,
): SentryCli {
  return async (args, attempt, folder = '/') => {
    const { SentryCli: installed } = await import('@sentry/cli');
    // The binary itself: its wrapper ends with 0 when a signal kills it.
    return askCommand([installed.getPath(), ...args], {
      env: environmentOf(settings, token, context),
      // A .sentryclirc or .env of the working directory would redirect the token.
      cwd: folder,
      timeoutMs: attempt.timeoutMs,
      signal: attempt.signal,
    });
  };
}

/** The first line with the reason, without the advice on logging. */
export const reasonIn = (stderr: string): string => {
  const lines = stderr.split('\n').map((line) => line.trim());
  const reported = lines.findLast((line) => /^(\d+: )?(sentry reported|\[\d+\]|error:)/.test(line));
  return (reported ?? lines.find((line) => line !== '') ?? 'sentry-cli ended without a message').replace(
    /^(\d+|error): /,
    '',
  );
};

export const failure = (stderr: string, uncertain: boolean): CourtesyOutcome => {
  const because = reasonIn(stderr);
  const status = Number(/http status: (\d+)/.exec(stderr)?.[1] ?? 0);
  const retry = status === 0 || status === 429 || status >= 500;
  return { done: false, because: `Sentry: ${because}`, retry, uncertain: uncertain && retry };
};

/** sentry-cli would send an empty token, and obeys an organisation token before its settings. */
export function tokenProblem({ url, org, token: name }: SentrySettings, token: string | undefined): string | undefined {
  if (name === false) return undefined;
  if (token === undefined || token === '') return `the environment variable ${name} is not set`;
  const claims = claimsOf(token);
  if (claims?.org !== undefined && claims.org !== org)
    return `the token of ${name} belongs to the organisation ${claims.org}, and sentry.org is ${org}`;
  if (claims?.url !== undefined && claims.url.replace(/\/$/, '') !== url)
    return `the token of ${name} belongs to ${claims.url}, and sentry.url is ${url}`;
  return undefined;
}

/** What an organisation token contains: `sntrys_<base64 of JSON>_<signature>`. */
function claimsOf(token: string): { readonly org?: string; readonly url?: string } | undefined {
  const encoded = /^sntrys_([A-Za-z0-9+/=]+)_/.exec(token)?.[1];
  if (encoded === undefined) return undefined;
  try {
    return JSON.parse(Buffer.from(encoded, 'base64').toString('utf8')) as { org?: string; url?: string };
  } catch {
    return undefined;
  }
}

function environmentOf(
  { url, org, project }: SentrySettings,
  token: string | undefined,
  { env }: CommandContext,
): Record<string, string> {
  // A ~/.sentryclirc must not decide where the token goes.
  const { HOME: _, ...rest } = env;
  return {
    ...rest,
    SENTRY_URL: url,
    SENTRY_AUTH_TOKEN: token ?? 'none',
    SENTRY_ORG: org,
    SENTRY_PROJECT: project,
    SENTRY_LOAD_DOTENV: '0',
    SENTRY_DISABLE_UPDATE_CHECK: '1',
    // Its own retries repeat a POST that may have taken effect.
    SENTRY_HTTP_MAX_RETRIES: '0',
    SENTRY_NO_PROGRESS_BAR: '1',
  };
}
