import { ToolError, UserError } from '../../core/errors.ts';
import type { Colour } from '../../core/target.ts';
import type { SideReplaced } from '../runtime.ts';
import { containerNamed } from './containers.ts';
import { currentSet, type DeploymentState, isSameTemplate, revisionOf } from './deployment-state.ts';
import type { Deployment, ReplicaSet } from './objects.ts';
import { configuredRelease, openSide } from './open-side.ts';
import { restorePatch, resumePatch } from './patches.ts';
import { progressOf } from './progress.ts';
import { releaseOf } from './release-of.ts';
import { staleDeadline } from './replace.ts';
import { summarize } from './replaced.ts';
import { watchPods } from './pod-watch.ts';
import { settle } from './settle.ts';
import type { SideRun } from './side-run.ts';
import { waitUntil } from './wait.ts';
import { write } from './writer.ts';

/** The releases of the ReplicaSets, newest first, without the configured one. */
export function keptReleases(
  state: DeploymentState,
  run: Pick<SideRun, 'settings'>,
): readonly { readonly release: string; readonly set: ReplicaSet }[] {
  const { template } = state.deployment.spec;
  const configured = configuredRelease(state, run);
  const name = containerNamed(state.deployment, run.settings);
  return state.replicaSets
    .filter(({ spec }) => !isSameTemplate(spec.template, template))
    .toSorted((one, other) => revisionOf(other) - revisionOf(one))
    .flatMap((set) => {
      const { metadata, spec } = set.spec.template;
      const image = spec.containers.find((each) => each.name === name)?.image ?? '';
      const release = releaseOf({ annotations: metadata.annotations, image }, run.settings);
      return release === undefined || release === configured ? [] : [{ release, set }];
    });
}

/** The template of the release as its ReplicaSet has kept it, with everything that was configured then. */
export async function restoreSide(colour: Colour, release: string, run: SideRun): Promise<SideReplaced> {
  const before = await openSide(colour, run);
  const isConfigured = configuredRelease(before, run) === release;
  const set = isConfigured ? undefined : requireKept(before, release, run);
  // What is configured already may still be paused.
  const patch = set ? (now: Deployment) => restorePatch(now, set) : resumePatch;
  await using watch = watchPods(before, run);
  const deployment = await write(before.deployment, patch, run);
  if (set && deployment === before.deployment) throw equalTemplate(before, set);
  const stale = staleDeadline(before.deployment, deployment);
  const wanted = { deployment, release, pollMs: run.timing.pollMs, leaving: new Map(), watch };
  const waited = await waitUntil((state) => progressOf(state, stale), wanted, run);
  if (set) requireSameSet(waited.state, set);
  const summary = { release, before: before.deployment, wasWritten: deployment !== before.deployment };
  return summarize(await settle(waited, watch, run), summary, run);
}

function requireKept(state: DeploymentState, release: string, run: SideRun): ReplicaSet {
  const kept = keptReleases(state, run);
  const found = kept.find((each) => each.release === release);
  if (found) return found.set;
  const { name } = state.deployment.metadata;
  const known = kept.map((each) => each.release).join(', ');
  throw new UserError(
    `Deployment ${name} keeps no ReplicaSet of ${release}; it keeps ${known || 'none of another release'}.`,
    [`kubectl rollout history deployment/${name}`, `npm run deploy -- --release ${release}   to ship it again`],
  );
}

/** Kubernetes takes such a write for no change and reports success, although the same pods go on. */
function equalTemplate({ deployment }: DeploymentState, set: ReplicaSet): ToolError {
  const { name } = deployment.metadata;
  return new ToolError(
    `Deployment ${name} has the template of ReplicaSet ${set.metadata.name} already, so restoring it would change nothing.`,
    { command: ['kubectl', 'rollout', 'history', `deployment/${name}`], exitCode: null },
  );
}

/** The pods have to be those of the ReplicaSet that was restored, and not of one that a webhook has made of it. */
function requireSameSet(state: DeploymentState, wanted: ReplicaSet): void {
  const now = currentSet(state);
  if (now?.metadata.uid === wanted.metadata.uid) return;
  const { name } = state.deployment.metadata;
  throw new ToolError(
    `Deployment ${name} was restored from ReplicaSet ${wanted.metadata.name}, and ${now?.metadata.name ?? 'none'} runs its pods: a webhook or another writer changes its template.`,
    { command: ['kubectl', 'get', 'replicasets'], exitCode: null },
  );
}
