import { ToolError } from '../../core/errors.ts';
import type { Colour } from '../../core/target.ts';
import type { SideReplaced } from '../runtime.ts';
import type { DeploymentState } from './deployment-state.ts';
import type { Deployment } from './objects.ts';
import { configuredRelease, openSide, replicasFor } from './open-side.ts';
import { pausePatch, releasePatch } from './patches.ts';
import { currentSet } from './deployment-state.ts';
import { firstProgress, type Progress, progressOf } from './progress.ts';
import { summarize, summarizeFirst } from './replaced.ts';
import { watchPods } from './pod-watch.ts';
import { settle } from './settle.ts';
import type { SideRun } from './side-run.ts';
import { waitUntil } from './wait.ts';
import { write } from './writer.ts';

/** All pods of the colour run the release. */
export async function replaceSide(colour: Colour, release: string, run: SideRun): Promise<SideReplaced> {
  const before = await openSide(colour, run);
  const replicas = await replicasFor(colour, before, run);
  await using watch = watchPods(before, run);
  const wanted = { release, ...(replicas === undefined ? {} : { replicas }) };
  const deployment = await write(before.deployment, (now) => releasePatch(now, wanted, run.settings), run);
  requireWritten(deployment, release, run);
  const stale = staleDeadline(before.deployment, deployment);
  const waited = await waitUntil(
    (state) => progressOf(state, stale),
    { deployment, release, pollMs: run.timing.pollMs, leaving: new Map(), watch },
    run,
  );
  const summary = { release, before: before.deployment, wasWritten: deployment !== before.deployment };
  return summarize(await settle(waited, watch, run), summary, run);
}

/** The first pods run the release; the Deployment is then paused, which keeps the others as they are. */
export async function replaceFirstOfSide(colour: Colour, release: string, run: SideRun): Promise<SideReplaced> {
  const before = await openSide(colour, run);
  await replicasFor(colour, before, run);
  await using watch = watchPods(before, run);
  const deployment = await beginFirst(before, release, run);
  requireWritten(deployment, release, run);
  const base = { release, leaving: new Map(), watch };
  const summary = { release, before: before.deployment, wasWritten: deployment !== before.deployment };
  const stale = staleDeadline(before.deployment, deployment);
  // The pause comes as soon as the ReplicaSet of the release is scaled: its pods are made while the Deployment is paused, too.
  const hasFirst = (state: DeploymentState): Progress =>
    (currentSet(state)?.spec.replicas ?? 0) > 0 ? { kind: 'done' } : progressOf(state, stale);
  const started = deployment.spec.paused
    ? { state: { ...before, deployment }, leaving: new Map() }
    : await waitUntil(hasFirst, { ...base, deployment, pollMs: run.timing.firstPollMs }, run);
  if (progressOf(started.state, stale).kind === 'done')
    return summarize(await settle(started, watch, run), summary, run);
  const paused = await write(started.state.deployment, pausePatch, run);
  const { leaving } = started;
  const waited = await waitUntil(
    firstProgress,
    { ...base, deployment: paused, leaving, pollMs: run.timing.pollMs },
    run,
  );
  return summarizeFirst(await settle(waited, watch, run), summary, run);
}

/** A Deployment that a call before this one has paused at the release stays paused. */
async function beginFirst(before: DeploymentState, release: string, run: SideRun): Promise<Deployment> {
  const { deployment } = before;
  const isBegun = deployment.spec.paused && configuredRelease(before, run) === release;
  return isBegun ? deployment : write(deployment, (now) => releasePatch(now, { release }, run.settings), run);
}

/** lastUpdateTime of a deadline that had passed before our write, which the controller keeps until there is progress. */
export function staleDeadline(before: Deployment, after: Deployment): string | undefined {
  if (before === after) return undefined;
  return before.status.conditions.find(({ reason }) => reason === 'ProgressDeadlineExceeded')?.lastUpdateTime;
}

/** A webhook may have changed what was written. */
function requireWritten(deployment: Deployment, release: string, run: SideRun): void {
  const configured = configuredRelease({ deployment, replicaSets: [], pods: [] }, run);
  if (configured === release) return;
  const { name } = deployment.metadata;
  throw new ToolError(
    `Deployment ${name} was set to ${release}, and its template is that of ${configured ?? 'no known release'}: a mutating webhook changes it.`,
    { command: ['kubectl', 'get', `deployment/${name}`, '-o', 'yaml'], exitCode: null },
  );
}
