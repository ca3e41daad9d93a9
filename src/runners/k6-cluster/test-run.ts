import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';
import type { ControllerState, LoadSet, SetContext } from './load-set.ts';
import { configMapOf, type LoadObjects, secretOf, testRunOf } from './manifests.ts';
import { listPods, parseItems, runnerPodOf } from './pods.ts';
import { create, remove, removeAll } from './requests.ts';

const group = '/apis/k6.io/v1alpha1';
const core = '/api/v1';

const testRunSchema = z.object({ status: z.object({ stage: z.string().default('') }).prefault({}) });
const jobSchema = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ succeeded: z.int().default(0), failed: z.int().default(0) }).prefault({}),
});

/** The engine `k6-operator`: one TestRun, for which the operator creates a Job NAME-1 to NAME-n each, and starts them. */
export function openTestRun({ client, engine, name }: SetContext, objects: LoadObjects): LoadSet {
  const path = `${group}/namespaces/${client.namespace}/testruns/${name}`;
  const files = { api: core, plural: 'configmaps', name };
  const sessions = { api: core, plural: 'secrets', name };
  const runners = `app=k6,k6_cr=${name},runner=true`;
  const readJobs = async (signal: AbortSignal) => {
    const list = `/apis/batch/v1/namespaces/${client.namespace}/jobs?labelSelector=${encodeURIComponent(runners)}`;
    return parseItems(jobSchema, await client.request('GET', list, undefined, { signal }), list);
  };
  return {
    startsPaused: false,
    create: async (signal) => {
      const owner = await create(client, { api: group, plural: 'testruns', object: testRunOf(objects) }, signal);
      await create(client, { api: core, plural: 'configmaps', object: configMapOf(objects, owner) }, signal);
      await create(client, { api: core, plural: 'secrets', object: secretOf(objects, owner) }, signal);
    },
    readPods: async (signal) =>
      (await listPods(client, runners, signal)).flatMap((pod) => {
        const { labels } = pod.metadata;
        const job = labels['batch.kubernetes.io/job-name'] ?? labels['job-name'] ?? '';
        const number = job.startsWith(`${name}-`) ? Number(job.slice(name.length + 1)) : Number.NaN;
        return Number.isInteger(number) && number >= 1 && number <= engine.runners
          ? [runnerPodOf(pod, number - 1)]
          : [];
      }),
    readController: async (signal) => {
      const parsed = testRunSchema.safeParse(await client.request('GET', path, undefined, { signal }));
      if (!parsed.success) throw new ToolError(`GET ${path}: no TestRun`, { command: ['GET', path], exitCode: null });
      const { stage } = parsed.data.status;
      if (stage === 'error')
        return {
          finished: true,
          problems: ['the k6-operator reports an error of the TestRun, as of a refused script'],
        };
      return stage === 'finished' ? jobsState(await readJobs(signal), objects) : { finished: false, problems: [] };
    },
    removeSessions: () => remove(client, sessions),
    remove: () => removeAll(client, [{ api: group, plural: 'testruns', name }, sessions, files]),
  };
}

/** The stage `finished` comes after killed, deleted and failed runners too: their Jobs decide. */
function jobsState(jobs: readonly z.output<typeof jobSchema>[], { name, engine }: LoadObjects): ControllerState {
  const problems = Array.from({ length: engine.runners }, (_, index) => {
    const job = jobs.find(({ metadata }) => metadata.name === `${name}-${index + 1}`);
    if (!job) return `the Job of runner ${index + 1} is missing`;
    return job.status.succeeded === 1 && job.status.failed === 0
      ? undefined
      : `the Job of runner ${index + 1} has not succeeded`;
  });
  return { finished: true, problems: problems.filter((each) => each !== undefined) };
}
