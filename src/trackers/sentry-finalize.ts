import type { Attempt, CourtesyOutcome, SentrySettings } from '../core/courtesy.ts';
import {
  deployEnvironment,
  deployName,
  type FinalizeOutcome,
  type FinishedDeploy,
  type TrackedDeploy,
} from '../core/tracked-release.ts';
import { failure, type SentryCli } from './sentry-cli.ts';
import type { Read, SentryReader } from './sentry-read.ts';

/** Clause 3.3a. What Sentry has already is not sent again: finalizing twice would move the release date. */
export async function finalize(
  deployed: FinishedDeploy,
  { project }: Pick<SentrySettings, 'project'>,
  { cli, reader }: { readonly cli: SentryCli; readonly reader: SentryReader },
  attempt: Attempt,
): Promise<FinalizeOutcome> {
  const { release: version } = deployed;
  const known = await reader.release(version, attempt);
  if (!('value' in known)) return { outcome: unread(known) };
  if (known.value === undefined) {
    const created = await cli(['releases', 'new', version, '--project', project], attempt);
    if (created.exitCode !== 0) return { outcome: failure(created.stderr, true) };
  }
  if ((known.value?.dateReleased ?? null) === null) {
    const sent = await cli(['releases', 'finalize', version, '--project', project], attempt);
    if (sent.exitCode !== 0) return { outcome: failure(sent.stderr, true) };
  }
  const listed = await reader.deploys(version, attempt);
  if (!('value' in listed)) return { outcome: unread(listed) };
  if (!ownDeploy(listed.value, deployed)) {
    const sent = await cli(deployArguments(deployed, project), attempt);
    if (sent.exitCode !== 0) return { outcome: failure(sent.stderr, true) };
  }
  return readBack(deployed, reader, attempt);
}

async function readBack(deployed: FinishedDeploy, reader: SentryReader, attempt: Attempt): Promise<FinalizeOutcome> {
  const [release, deploys] = await Promise.all([
    reader.release(deployed.release, attempt),
    reader.deploys(deployed.release, attempt),
  ]);
  if (!('value' in release)) return { outcome: unread(release) };
  if (!('value' in deploys)) return { outcome: unread(deploys) };
  const because = `Sentry: it does not know the release ${deployed.release} although it accepted it`;
  if (release.value === undefined) return { outcome: { done: false, because, retry: true, uncertain: true } };
  const deploy = ownDeploy(deploys.value, deployed);
  return {
    outcome: { done: true, summary: `finalized, deploy to ${deployed.environment} recorded` },
    release: release.value,
    ...(deploy ? { deploy } : {}),
  };
}

export const unread = ({ problem, retry }: Extract<Read<never>, { problem: string }>): CourtesyOutcome => ({
  done: false,
  because: problem,
  retry,
  uncertain: false,
});

const ownDeploy = (deploys: readonly TrackedDeploy[], deployed: FinishedDeploy): TrackedDeploy | undefined =>
  deploys.find(
    ({ name, environment }) =>
      name === deployName(deployed.runId) && environment === deployEnvironment(deployed.environment),
  );

function deployArguments(deployed: FinishedDeploy, project: string): string[] {
  const url = deployed.reportUrl === undefined ? [] : ['--url', deployed.reportUrl];
  const which = ['--release', deployed.release, '--env', deployEnvironment(deployed.environment)];
  // Without a project it would be recorded for every project of the release.
  const own = ['--name', deployName(deployed.runId), '--project', project];
  const times = ['--started', deployed.startedAt, '--finished', deployed.finishedAt];
  return ['deploys', 'new', ...which, ...own, ...times, ...url];
}
