import type { Attempt, SentrySettings } from '../core/courtesy.ts';
import type { ReleaseCommits, TrackedOutcome } from '../core/tracked-release.ts';
import { failure, type SentryCli } from './sentry-cli.ts';
import { unread } from './sentry-finalize.ts';
import type { SentryReader } from './sentry-read.ts';

/**
 * Clause 1.4a. A release that exists is not created again, which keeps its start, and one that ends at the right commit gets no
 * commits again.
 */
export async function prepare(
  version: string,
  commits: ReleaseCommits,
  {
    cli,
    reader,
    settings,
  }: { readonly cli: SentryCli; readonly reader: SentryReader; readonly settings: SentrySettings },
  attempt: Attempt,
): Promise<TrackedOutcome> {
  const { project } = settings;
  const known = await reader.release(version, attempt);
  if (!('value' in known)) return { outcome: unread(known) };
  const isOurs = known.value?.projects.includes(project) === true;
  if (!isOurs) {
    // It sends the current time as the start.
    const created = await cli(['releases', 'new', version, '--project', project], attempt);
    if (created.exitCode !== 0) return { outcome: failure(created.stderr, true) };
  }
  const hasCommits = known.value !== undefined && known.value.commitCount > 0 && known.value.lastCommit === commits.sha;
  if (!hasCommits) {
    const sent = await cli(['releases', 'set-commits', version, ...rangeOf(commits)], attempt, folderOf(commits));
    if (sent.exitCode !== 0) return { outcome: failure(sent.stderr, true) };
  }
  const summary = `${known.value === undefined ? 'created' : 'found'}, ${hasCommits ? 'commits found' : 'commits set'}`;
  return readTracked(version, summary, reader, attempt);
}

/** The release as Sentry returns it. */
export async function readTracked(
  version: string,
  summary: string,
  reader: SentryReader,
  attempt: Attempt,
): Promise<TrackedOutcome> {
  const found = await reader.release(version, attempt);
  if (!('value' in found)) return { outcome: unread(found) };
  if (found.value !== undefined) return { outcome: { done: true, summary }, release: found.value };
  // A release may be unknown for a moment after its creation.
  const because = `Sentry: it does not know the release ${version} although it accepted it`;
  return { outcome: { done: false, because, retry: true, uncertain: true } };
}

function rangeOf({ method, repository, sha, previousSha }: ReleaseCommits): readonly string[] {
  if (method !== 'range') return [`--${method}`];
  return ['--commit', `${repository}@${previousSha === undefined ? '' : `${previousSha}..`}${sha}`];
}

/** A range needs no repository; a .sentryclirc beside one is not read either. */
const folderOf = ({ method, folder }: ReleaseCommits): string | undefined => (method === 'range' ? undefined : folder);
