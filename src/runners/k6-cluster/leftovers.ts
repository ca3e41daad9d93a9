import { z } from 'zod';
import type { LoadEngine } from '../../core/load-engine.ts';
import { ToolError } from '../../core/errors.ts';
import type { KubernetesClient } from '../../system/kubernetes.ts';
import { groupState, identifyProcess } from '../../system/process-identity.ts';
import { parseItems } from './pods.ts';
import { remove } from './requests.ts';

/** Names the process that waits for the load: an object of one that has ended is left over. */
export const ownerAnnotation = 'shiproom/owner';

export async function describeOwner(): Promise<string> {
  return JSON.stringify(await identifyProcess(process.pid));
}

const itemSchema = z.object({
  metadata: z.object({ name: z.string(), annotations: z.record(z.string(), z.string()).default({}) }),
  status: z
    .object({
      stage: z.string().optional(),
      conditions: z.array(z.object({ type: z.string(), status: z.string() })).default([]),
    })
    .prefault({}),
});
type Item = z.output<typeof itemSchema>;

const ownerSchema = z.object({ host: z.string(), pid: z.int(), startedAtTicks: z.string().exactOptional() });

/** Loads of this target that a killed Shiproom has left. Throws ToolError where another process may still wait for one. */
export async function removeLeftovers(
  client: KubernetesClient,
  { driver }: LoadEngine,
  labels: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<string[]> {
  const [api, plural] =
    driver === 'kubernetes' ? (['/apis/batch/v1', 'jobs'] as const) : (['/apis/k6.io/v1alpha1', 'testruns'] as const);
  const selector = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const path = `${api}/namespaces/${client.namespace}/${plural}?labelSelector=${encodeURIComponent(selector.join(','))}`;
  const items = parseItems(itemSchema, await client.request('GET', path, undefined, { signal }), path);
  for (const item of items) {
    const { name } = item.metadata;
    if (!isFinished(item) && !(await isOrphaned(item)))
      throw new ToolError(
        `another load of this target is running: ${plural} ${name} in ${client.namespace}. Two at once would each count the other's slow answers. If nothing waits for it: kubectl delete -n ${client.namespace} ${plural} ${name}`,
        { command: ['GET', path], exitCode: null },
      );
    await remove(client, { api, plural, name });
  }
  return items.map(({ metadata }) => metadata.name);
}

const isFinished = ({ status: { stage, conditions } }: Item): boolean =>
  stage === 'finished' ||
  stage === 'error' ||
  conditions.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True');

/** Of a process on another host nothing is known. */
async function isOrphaned({ metadata: { annotations } }: Item): Promise<boolean> {
  try {
    return (await groupState(ownerSchema.parse(JSON.parse(annotations[ownerAnnotation] ?? '')))) === 'ended';
  } catch {
    return false;
  }
}
