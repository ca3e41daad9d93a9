import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import { type KubernetesClient, KubernetesError } from '../../system/kubernetes.ts';

/** A load ends although its objects cannot be removed, but it does not wait for long. */
const removeTimeoutMs = 10_000;

const ownerSchema = z.object({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.object({ name: z.string(), uid: z.string() }),
});

/** Creates an object; returns it as the owner of others. */
export async function create(
  { request, namespace }: KubernetesClient,
  { api, plural, object }: { readonly api: string; readonly plural: string; readonly object: object },
  signal: AbortSignal,
): Promise<{ apiVersion: string; kind: string; name: string; uid: string }> {
  const path = `${api}/namespaces/${namespace}/${plural}`;
  const parsed = ownerSchema.safeParse(await request('POST', path, { json: object }, { signal }));
  if (!parsed.success)
    throw new ToolError(`POST ${path}: an answer that is no object`, { command: ['POST', path], exitCode: null });
  const { apiVersion, kind, metadata } = parsed.data;
  return { apiVersion, kind, name: metadata.name, uid: metadata.uid };
}

/** Deletes an object with everything that it owns. One that does not exist is no failure. */
export async function remove(
  { request, namespace }: KubernetesClient,
  { api, plural, name }: { readonly api: string; readonly plural: string; readonly name: string },
): Promise<void> {
  const path = `${api}/namespaces/${namespace}/${plural}/${name}?propagationPolicy=Background`;
  try {
    await request('DELETE', path, undefined, { timeoutMs: removeTimeoutMs });
  } catch (error) {
    if (!(error instanceof KubernetesError && error.status === 404)) throw error;
  }
}

/** All of them are tried; the first failure is thrown afterwards. */
export async function removeAll(
  client: KubernetesClient,
  objects: readonly { readonly api: string; readonly plural: string; readonly name: string }[],
): Promise<void> {
  const results = await Promise.allSettled(objects.map((object) => remove(client, object)));
  const failed = results.find((each): each is PromiseRejectedResult => each.status === 'rejected');
  if (failed) throw failed.reason;
}
