import type { Attempt, CourtesyOutcome, FailedDeploy, SentrySettings } from '../core/courtesy.ts';
import { deployEnvironment, deployName } from '../core/tracked-release.ts';
import type { CommandContext } from '../system/command.ts';
import { createSentryCli, failure, reasonIn, type SentryCli, tokenProblem } from './sentry-cli.ts';
import { finalize } from './sentry-finalize.ts';
import { prepare, readTracked } from './sentry-prepare.ts';
import { createSentryReader } from './sentry-read.ts';
import type { ReleaseTracker } from './tracker.ts';

/**
 * Releases and deploys by sentry-cli. A deploy of Sentry has no status: a failed one is recorded under an environment of its
 * own, `<environment>-failed`, and the release is not finalized.
 */
export function createSentryTracker(
  settings: SentrySettings,
  token: string | undefined,
  context: CommandContext,
): ReleaseTracker {
  const cli = createSentryCli(settings, token, context);
  const reader = createSentryReader(settings, token);
  const problem = tokenProblem(settings, token);
  const refused =
    problem === undefined
      ? undefined
      : ({ done: false, because: `Sentry: ${problem}`, retry: false, uncertain: false } as const);
  return {
    name: 'sentry',
    prepare: async (version, commits, attempt) =>
      refused ? { outcome: refused } : prepare(version, commits, { cli, reader, settings }, attempt),
    read: async (version, attempt) => (refused ? { outcome: refused } : readTracked(version, 'read', reader, attempt)),
    finalize: async (deployed, attempt) =>
      refused ? { outcome: refused } : finalize(deployed, settings, { cli, reader }, attempt),
    recordFailedDeploy: async (deploy, attempt) => refused ?? record(deploy, settings, cli, attempt),
    check: async (attempt) => {
      if (problem !== undefined) return problem;
      const { exitCode, stderr } = await cli(['releases', 'list', '--raw', '--project', settings.project], attempt);
      return exitCode === 0 ? undefined : reasonIn(stderr);
    },
  };
}

async function record(
  deploy: FailedDeploy,
  { project }: SentrySettings,
  cli: SentryCli,
  attempt: Attempt,
): Promise<CourtesyOutcome> {
  const { release, runId } = deploy;
  const environment = deployEnvironment(`${deploy.environment}-failed`);
  const name = deployName(runId);
  const known = await cli(['releases', 'info', release], attempt);
  // For a release that is unknown it ends with 1 and without a word.
  if (known.exitCode !== 0 && known.stderr.trim() !== '') return failure(known.stderr, false);
  if (known.exitCode !== 0) {
    const created = await cli(['releases', 'new', release, '--project', project], attempt);
    if (created.exitCode !== 0) return failure(created.stderr, false);
  }
  const listed = await cli(['deploys', 'list', '--release', release], attempt);
  if (listed.exitCode !== 0) return failure(listed.stderr, false);
  const place = `environment ${environment}, release not finalized`;
  if (listed.stdout.includes(name)) return { done: true, summary: `recorded already: ${place}` };
  const times = ['--started', deploy.startedAt, '--finished', deploy.finishedAt];
  const url = deploy.reportUrl === undefined ? [] : ['--url', deploy.reportUrl];
  // Without a project it would be recorded for every project of the release.
  const which = ['--release', release, '--env', environment, '--name', name, '--project', project];
  const recorded = await cli(['deploys', 'new', ...which, ...times, ...url], attempt);
  if (recorded.exitCode !== 0) return failure(recorded.stderr, true);
  return { done: true, summary: `recorded: ${place}` };
}
