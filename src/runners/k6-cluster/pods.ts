import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import type { KubernetesClient } from '../../system/kubernetes.ts';

const reasonSchema = z.object({ reason: z.string().optional(), message: z.string().optional() });
const containerSchema = z.object({
  name: z.string(),
  state: z
    .object({
      waiting: reasonSchema.optional(),
      running: z.looseObject({}).optional(),
      terminated: reasonSchema.extend({ exitCode: z.int(), signal: z.int().optional() }).optional(),
    })
    .default({}),
});
const podSchema = z.object({
  metadata: z.object({
    name: z.string(),
    uid: z.string(),
    labels: z.record(z.string(), z.string()).default({}),
    annotations: z.record(z.string(), z.string()).default({}),
  }),
  status: z
    .object({
      reason: z.string().optional(),
      podIP: z.string().optional(),
      conditions: z.array(reasonSchema.extend({ type: z.string(), status: z.string() })).default([]),
      containerStatuses: z.array(containerSchema).default([]),
    })
    .prefault({}),
});
export type Pod = z.output<typeof podSchema>;

/** One pod of a runner, as Kubernetes shows it. */
export interface RunnerPod {
  /** From 0. */
  readonly index: number;
  readonly name: string;
  readonly uid: string;
  /** Its container runs and has an address. */
  readonly running: boolean;
  /** Why it does not run yet. */
  readonly waiting?: string;
  /** It will not run without a change. */
  readonly hopeless: boolean;
  readonly ended?: { readonly exitCode: number; readonly reason: string; readonly message?: string };
}

/** Items of a list that has one page; we ask for no smaller one. */
export const listSchemaOf = <T extends z.ZodType>(item: T) =>
  z.object({ metadata: z.object({ continue: z.string().optional() }).optional(), items: z.array(item) });

/** The pods with these labels. Throws ToolError for an answer that is no whole list of pods. */
export async function listPods(
  client: KubernetesClient,
  selector: string,
  signal: AbortSignal | undefined,
): Promise<Pod[]> {
  const path = `/api/v1/namespaces/${client.namespace}/pods?labelSelector=${encodeURIComponent(selector)}`;
  return parseItems(podSchema, await client.request('GET', path, undefined, { signal }), path);
}

/** Throws ToolError for an answer that is no list of such items, or only its first page. */
export function parseItems<T extends z.ZodType>(item: T, answer: unknown, path: string): z.output<T>[] {
  const parsed = listSchemaOf(item).safeParse(answer);
  const refuse = (why: string) => new ToolError(`GET ${path}: ${why}`, { command: ['GET', path], exitCode: null });
  if (!parsed.success) throw refuse(`an unexpected answer: ${z.prettifyError(parsed.error).replaceAll(/\s+/g, ' ')}`);
  if (parsed.data.metadata?.continue) throw refuse('the list has further pages');
  return parsed.data.items;
}

/** Without a change of the image or the target file a pod stays like this. */
const hopelessReasons = [
  'ErrImageNeverPull',
  'InvalidImageName',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
  'ImagePullBackOff',
];

export function runnerPodOf(pod: Pod, index: number): RunnerPod {
  const { metadata, status } = pod;
  const state = status.containerStatuses.find(({ name }) => name === 'k6')?.state;
  const waiting = state?.running || state?.terminated ? undefined : whyWaiting(pod, state?.waiting);
  const { terminated } = state ?? {};
  return {
    index,
    name: metadata.name,
    uid: metadata.uid,
    running: state?.running !== undefined && status.podIP !== undefined,
    hopeless: hopelessReasons.includes(state?.waiting?.reason ?? ''),
    ...(waiting === undefined ? {} : { waiting }),
    ...(terminated
      ? {
          ended: {
            exitCode: terminated.exitCode,
            reason: status.reason ?? terminated.reason ?? '',
            ...(terminated.message === undefined ? {} : { message: terminated.message }),
          },
        }
      : {}),
  };
}

function whyWaiting({ status }: Pod, waiting: z.output<typeof reasonSchema> | undefined): string {
  const unscheduled = status.conditions.find((each) => each.type === 'PodScheduled' && each.status === 'False');
  const { reason, message } = unscheduled ?? waiting ?? {};
  return [reason ?? 'not started', ...(message === undefined ? [] : [message])].join(': ').slice(0, 400);
}
