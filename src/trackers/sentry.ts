import type { Attempt, CourtesyOutcome, FailedDeploy, SentrySettings } from '../core/courtesy.ts';
import { askCommand, type CommandContext } from '../system/command.ts';
import type { ReleaseTracker } from './tracker.ts';

/** Sentry accepts so many characters of a deploy's name and environment. */
const mostCharacters = 64;

/**
 * Releases and deploys by sentry-cli. A deploy of Sentry has no status: a failed one is recorded under an environment of its
 * own, `<environment>-failed`, and the release is not finalized.
 */
export function createSentryTracker(
  settings: SentrySettings,
  token: string | undefined,
  context: CommandContext,
): ReleaseTracker {
  const cli = async (args: readonly string[], attempt: Attempt) => {
    const { SentryCli } = await import('@sentry/cli');
    // The binary itself: its wrapper ends with 0 when a signal kills it.
    return askCommand([SentryCli.getPath(), ...args], {
      env: environmentOf(settings, token, context),
      // A .sentryclirc or .env of the working directory would redirect the token.
      cwd: '/',
      timeoutMs: attempt.timeoutMs,
      signal: attempt.signal,
    });
  };
  const problem = problemOf(settings, token);
  return {
    name: 'sentry',
    recordFailedDeploy: async (deploy, attempt) =>
      problem === undefined
        ? record(deploy, settings, (args) => cli(args, attempt))
        : { done: false, because: `Sentry: ${problem}`, retry: false, uncertain: false },
    check: async (attempt) => {
      if (problem !== undefined) return problem;
      const { exitCode, stderr } = await cli(['releases', 'list', '--raw', '--project', settings.project], attempt);
      return exitCode === 0 ? undefined : reasonIn(stderr);
    },
  };
}

type Cli = (args: readonly string[]) => ReturnType<typeof askCommand>;

async function record(deploy: FailedDeploy, { project }: SentrySettings, cli: Cli): Promise<CourtesyOutcome> {
  const { release, runId } = deploy;
  const environment = `${deploy.environment}-failed`.slice(0, mostCharacters);
  const name = `Shiproom ${runId}`.slice(0, mostCharacters);
  const known = await cli(['releases', 'info', release]);
  // For a release that is unknown it ends with 1 and without a word.
  if (known.exitCode !== 0 && known.stderr.trim() !== '') return failure(known.stderr, false);
  if (known.exitCode !== 0) {
    const created = await cli(['releases', 'new', release, '--project', project]);
    if (created.exitCode !== 0) return failure(created.stderr, false);
  }
  const listed = await cli(['deploys', 'list', '--release', release]);
  if (listed.exitCode !== 0) return failure(listed.stderr, false);
  const place = `environment ${environment}, release not finalized`;
  if (listed.stdout.includes(name)) return { done: true, summary: `recorded already: ${place}` };
  const times = ['--started', deploy.startedAt, '--finished', deploy.finishedAt];
  const url = deploy.reportUrl === undefined ? [] : ['--url', deploy.reportUrl];
  // Without a project it would be recorded for every project of the release.
  const which = ['--release', release, '--env', environment, '--name', name, '--project', project];
  const recorded = await cli(['deploys', 'new', ...which, ...times, ...url]);
  if (recorded.exitCode !== 0) return failure(recorded.stderr, true);
  return { done: true, summary: `recorded: ${place}` };
}

/** The first line with the reason, without the advice on logging. */
const reasonIn = (stderr: string): string => {
  const lines = stderr.split('\n').map((line) => line.trim());
  const reported = lines.findLast((line) => /^(\d+: )?(sentry reported|\[\d+\]|error:)/.test(line));
  return (reported ?? lines.find((line) => line !== '') ?? 'sentry-cli ended without a message').replace(
    /^(\d+|error): /,
    '',
  );
};

const failure = (stderr: string, uncertain: boolean): CourtesyOutcome => {
  const because = reasonIn(stderr);
  const status = Number(/http status: (\d+)/.exec(stderr)?.[1] ?? 0);
  const retry = status === 0 || status === 429 || status >= 500;
  return { done: false, because: `Sentry: ${because}`, retry, uncertain: uncertain && retry };
};

/** sentry-cli would send an empty token, and obeys an organisation token before its settings. */
function problemOf({ url, org, token: name }: SentrySettings, token: string | undefined): string | undefined {
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
