import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import type { ControllerState, LoadSet, SetContext } from './load-set.ts';
import { configMapOf, jobOf, type LoadObjects, secretOf } from './manifests.ts';
import { listPods, runnerPodOf } from './pods.ts';
import { create, remove, removeAll } from './requests.ts';

const batch = '/apis/batch/v1';
const core = '/api/v1';

const jobSchema = z.object({
  status: z
    .object({
      completedIndexes: z.string().optional(),
      failedIndexes: z.string().optional(),
      conditions: z
        .array(
          z.object({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
type Job = z.output<typeof jobSchema>;

/** The engine `kubernetes`: one Indexed Job, whose index is the runner's segment. */
export function openJob({ client, engine, name }: SetContext, objects: LoadObjects): LoadSet {
  const path = `${batch}/namespaces/${client.namespace}/jobs/${name}`;
  const files = { api: core, plural: 'configmaps', name };
  const sessions = { api: core, plural: 'secrets', name };
  return {
    startsPaused: true,
    create: async (signal) => {
      const owner = await create(client, { api: batch, plural: 'jobs', object: jobOf(objects) }, signal);
      await create(client, { api: core, plural: 'configmaps', object: configMapOf(objects, owner) }, signal);
      await create(client, { api: core, plural: 'secrets', object: secretOf(objects, owner) }, signal);
      await client.request('PATCH', path, { mergePatch: { spec: { suspend: false } } }, { signal });
    },
    readPods: async (signal) => {
      const pods = await listPods(client, `batch.kubernetes.io/job-name=${name}`, signal);
      return pods.flatMap((pod) => {
        const index = Number(pod.metadata.annotations['batch.kubernetes.io/job-completion-index'] ?? Number.NaN);
        return Number.isInteger(index) && index >= 0 && index < engine.runners ? [runnerPodOf(pod, index)] : [];
      });
    },
    readController: async (signal) => {
      const parsed = jobSchema.safeParse(await client.request('GET', path, undefined, { signal }));
      if (!parsed.success) throw new ToolError(`GET ${path}: no Job`, { command: ['GET', path], exitCode: null });
      return stateOf(parsed.data, engine.runners);
    },
    removeSessions: () => remove(client, sessions),
    remove: () => removeAll(client, [{ api: batch, plural: 'jobs', name }, sessions, files]),
  };
}

/** The Job's own account of its indexes, which has to agree with the pods'. */
export function stateOf({ status }: Job, runners: number): ControllerState {
  const ending = status.conditions.find(
    ({ type, status: is }) => (type === 'Complete' || type === 'Failed') && is === 'True',
  );
  if (!ending) return { finished: false, problems: [] };
  const completed = indexesIn(status.completedIndexes);
  const open = Array.from({ length: runners }, (_, index) => index).filter((index) => !completed.has(index));
  const failed = indexesIn(status.failedIndexes);
  return {
    finished: true,
    problems: [
      ...(ending.reason === 'DeadlineExceeded' ? ['Kubernetes ended the Job at its activeDeadlineSeconds'] : []),
      ...(open.length === 0
        ? []
        : [
            `the Job reports ${runners - open.length} of ${runners} runners completed; ${open.map((index) => `runner ${index + 1} ${failed.has(index) ? 'failed' : 'missing'}`).join(', ')}`,
          ]),
    ],
  };
}

/** `0-2,5` -> 0, 1, 2, 5. */
function indexesIn(text = ''): Set<number> {
  const ranges = [...text.matchAll(/(\d+)(?:-(\d+))?/g)].map(
    ([, from = '', to = from]) => [Number(from), Number(to)] as const,
  );
  return new Set(
    ranges.flatMap(([from, to]) => Array.from({ length: Math.max(0, to - from + 1) }, (_, n) => from + n)),
  );
}
