import { commitsOf } from '../../config/courtesy.ts';
import { toolEnvironment } from '../../config/environment.ts';
import type { Attempt, SentrySettings } from '../../core/courtesy.ts';
import type { Unmeasured } from '../../core/preflight.ts';
import type { CommitsSettings, ReleaseCommits, ReleaseEvidence, TrackedOutcome } from '../../core/tracked-release.ts';
import { commitOfTag } from '../../sources/git-tags.ts';
import { createReleaseTracker, type ReleaseTracker } from '../../trackers/index.ts';
import type { Clock } from '../../system/clock.ts';
import { secretIn } from '../courtesies.ts';
import type { PreflightContext } from './context.ts';

const timeoutMs = 30_000;
/** Sentry fetches the commits of a range after it has answered. */
const attempts = 6;
const pauseMs = 2000;

/** Clause 1.4a: the release with its commits and its start, created or found, and read back. */
export async function trackRelease(context: PreflightContext): Promise<ReleaseEvidence | Unmeasured> {
  const { deployment, file, variables, runner } = context;
  const { sentry } = deployment;
  const off = deployment.preflight?.monitoring.release;
  if (off) return off;
  if (!sentry)
    return { missing: 'the target file names no `sentry`, and no preflight.monitoring.release: { off: REASON }' };
  const settings = commitsOf(file, deployment);
  if (!settings || sentry.repository === undefined)
    return {
      missing:
        'the target file does not state where the commits are: sentry.repository, and sentry.commits: { folder: … }',
    };
  const commits = await readCommits(sentry.repository, settings, context);
  const environment = { env: toolEnvironment(variables, deployment.env), cwd: runner.projectRoot };
  return track(commits, createReleaseTracker(sentry, secretIn(variables), environment), sentry, context);
}

async function readCommits(
  repository: string,
  { folder, tag, method }: CommitsSettings,
  { release, previousRelease, runner }: PreflightContext,
): Promise<ReleaseCommits | { readonly problem: string }> {
  const call = { env: runner.toolEnv, cwd: '/', signal: runner.signal };
  const tagOf = (name: string) => commitOfTag(folder, tag.replaceAll('{release}', name), call);
  const own = await tagOf(release);
  if ('problem' in own) return own;
  const previous = previousRelease === undefined ? undefined : await tagOf(previousRelease);
  if (previous && 'problem' in previous) return previous;
  return { repository, method, folder, sha: own.sha, ...(previous ? { previousSha: previous.sha } : {}) };
}

async function track(
  commits: ReleaseCommits | { readonly problem: string },
  tracker: ReleaseTracker,
  { project }: SentrySettings,
  { clock, release: version, runner: { signal } }: PreflightContext,
): Promise<ReleaseEvidence> {
  const now = () => new Date(clock.now()).toISOString();
  const base = { kind: 'tracked-release', project, version, startedAt: now(), files: [] } as const;
  if ('problem' in commits) {
    const outcome = { done: false, because: commits.problem, retry: false, uncertain: false } as const;
    return { ...base, readAt: now(), outcome, problems: [commits.problem] };
  }
  const found = await prepared(version, commits, tracker, { clock, signal });
  return { ...base, readAt: now(), commits, ...found, problems: [] };
}

/** Tries again what may succeed, and waits for commits that are still on their way. */
async function prepared(
  version: string,
  commits: ReleaseCommits,
  tracker: ReleaseTracker,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<TrackedOutcome> {
  const attempt: Attempt = { signal, timeoutMs, uncertain: false };
  let found = await tracker.prepare(version, commits, attempt);
  for (let more = 1; more < attempts && !signal.aborted; more += 1) {
    const { outcome, release } = found;
    if (outcome.done ? (release?.commitCount ?? 0) > 0 : !outcome.retry) return found;
    await clock.sleep(pauseMs, signal);
    found = outcome.done
      ? await tracker.read(version, attempt)
      : await tracker.prepare(version, commits, { ...attempt, uncertain: outcome.uncertain });
  }
  return found;
}
