import { isDeepStrictEqual } from 'node:util';
import { ToolError } from '../../core/errors.ts';
import { type JsonPatch, KubernetesError } from '../../system/kubernetes.ts';
import { findContainer } from './containers.ts';
import { byManager, managerOf } from './managers.ts';
import { type Deployment, deploymentSchema } from './objects.ts';
import { isUnanswered, persist } from './persist.ts';
import { deploymentPath, parse } from './reader.ts';
import { annotationOf } from './release-of.ts';
import type { SideRun } from './side-run.ts';

const conflict = 409;
const invalid = 422;

/**
 * One patch of a Deployment; `patch` makes it from what was read. A write without an answer is not repeated before it was read
 * back, and a refused one is explained by what another writer has changed. Returns the Deployment after it.
 */
export async function write(
  before: Deployment,
  patch: (deployment: Deployment) => readonly JsonPatch[] | undefined,
  run: SideRun,
): Promise<Deployment> {
  const operations = patch(before);
  if (!operations) return before;
  try {
    return await send(before, operations, run);
  } catch (error) {
    const isRefused = error instanceof KubernetesError && (error.status === conflict || error.status === invalid);
    if (run.call?.signal?.aborted === true || !(isRefused || isUnanswered(error))) throw error;
    const now = await readBack(before, run);
    if (isDeepStrictEqual(now.spec, before.spec)) {
      // Refused for what it is, such as an image name or a quota; the next attempt would be refused too.
      if (error instanceof KubernetesError && error.status === invalid) throw error;
      return send(now, operations, run);
    }
    if (!isRefused && patch(now) === undefined) return now;
    throw changedByOther(before, now, run);
  }
}

async function send(
  before: Deployment,
  jsonPatch: readonly JsonPatch[],
  { reader, call }: SideRun,
): Promise<Deployment> {
  const client = await reader.connect();
  const path = deploymentPath(client, before.metadata.name);
  return parse(deploymentSchema, await client.request('PATCH', path, { jsonPatch }, { signal: call?.signal }), path);
}

const readBack = ({ metadata: { name } }: Deployment, run: SideRun): Promise<Deployment> =>
  persist(() => run.reader.deployment(name, run.call), { ...run, pollMs: run.timing.pollMs });

/** Another writer was faster, or has changed the Deployment while its pods were replaced: names it, and what is configured now. */
export function changedByOther(
  before: Deployment,
  now: Deployment,
  { settings }: Pick<SideRun, 'settings'>,
): ToolError {
  const { name, uid } = now.metadata;
  const sentence = (what: string, next: string) =>
    new ToolError(`Deployment ${name} ${what}. ${next}`, {
      command: ['kubectl', 'get', `deployment/${name}`],
      exitCode: null,
    });
  if (uid !== before.metadata.uid) return sentence('was deleted and created again', 'Start again.');
  if (now.spec.paused !== before.spec.paused) {
    const who = byManager(managerOf(now, 'paused'));
    return now.spec.paused
      ? sentence(`was paused ${who}`, `kubectl rollout resume deployment/${name}`)
      : sentence(`was resumed ${who}`, 'Its pods are replaced without being observed.');
  }
  const { template } = now.spec;
  const found = findContainer(template, settings);
  const image = 'found' in found ? found.found.container.image : 'an unknown image';
  const annotation = template.metadata.annotations[annotationOf(settings)];
  const holds = `image ${image}${annotation === undefined ? '' : `, ${annotationOf(settings)} ${annotation}`}`;
  return sentence(
    `was changed ${byManager(managerOf(now, 'template'))} at the same time; its template has ${holds}`,
    'What reconciles it, such as Argo CD or Flux, has to leave image and annotation alone.',
  );
}
