import type { ApiServerDouble } from './api-server.ts';
import type { Fields, KubernetesObject } from './objects.ts';
import { type Behaviour, runPods, secrets } from './pod-doubles.ts';
import { configMaps, jobs, pods } from './resources.ts';

interface JobSpec {
  readonly suspend?: boolean;
  readonly completions: number;
  readonly backoffLimit?: number;
  readonly backoffLimitPerIndex?: number;
  readonly template: {
    readonly metadata: { readonly labels: Fields };
    readonly spec: {
      readonly containers: readonly { readonly terminationMessagePolicy?: string; readonly args: readonly string[] }[];
      readonly volumes: readonly { readonly configMap?: { readonly name: string } }[];
    };
  };
}

const jobName = 'batch.kubernetes.io/job-name';
const completionIndex = 'batch.kubernetes.io/job-completion-index';

export interface JobController {
  /** activeDeadlineSeconds has passed: the pods are deleted with what they left. */
  readonly expire: () => void;
  readonly deletePod: (index: number) => void;
  /** Another pod of an index, as after a node was lost. */
  readonly replacePod: (index: number) => void;
}

/** Indexed Jobs as the Job controller runs them, and the garbage collector for what they own. */
export function runJobController(api: ApiServerDouble, behave: Behaviour): JobController {
  const { objects, namespace } = api;
  const ended = new Map<string, Map<number, number>>();
  const indexOf = (pod: KubernetesObject) => Number((pod.metadata.annotations ?? {})[completionIndex]);
  const jobOf = (pod: KubernetesObject) => String((pod.metadata.labels ?? {})[jobName]);
  const doubles = runPods(api, behave, (pod, exitCode) => count(jobOf(pod), indexOf(pod), exitCode));

  const count = (name: string, index: number, exitCode: number): void => {
    const job = objects.find(jobs, namespace, name);
    if (!job) return;
    const results = ended.get(name) ?? new Map<number, number>();
    ended.set(name, results.set(index, exitCode));
    const { completions, backoffLimit, backoffLimitPerIndex } = job.spec as unknown as JobSpec;
    // Without a limit of its own for each index, the first failure ends the Job and deletes the others.
    if (exitCode !== 0 && backoffLimitPerIndex === undefined && backoffLimit === 0)
      doubles.removeOf((pod) => jobOf(pod) === name && indexOf(pod) !== index);
    objects.setStatus(jobs, namespace, name, statusOf(results, completions));
  };
  const startPod = (job: KubernetesObject, index: number, suffix = 'aaaaa'): void => {
    const { name } = job.metadata;
    const { template } = job.spec as unknown as JobSpec;
    doubles.start({
      name: `${name}-${index}-${suffix}`,
      index,
      labels: { ...template.metadata.labels, [jobName]: name },
      annotations: { [completionIndex]: String(index) },
      args: (template.spec.containers[0]?.args ?? []).map((each) =>
        each.replaceAll('$(JOB_COMPLETION_INDEX)', String(index)),
      ),
      volumes: template.spec.volumes.find(({ configMap }) => configMap)?.configMap?.name ?? '',
      fallsBackToLogs: template.spec.containers[0]?.terminationMessagePolicy === 'FallbackToLogsOnError',
    });
  };
  objects.listen((resource, object, change) => {
    if (resource.plural !== jobs.plural) return;
    const { name } = object.metadata;
    if (change === 'removed') {
      ended.delete(name);
      doubles.removeOf((pod) => jobOf(pod) === name);
      collectGarbage(api, object.metadata.uid);
      return;
    }
    const { suspend, completions } = object.spec as unknown as JobSpec;
    if (suspend === true || ended.has(name) || object.status !== undefined) return;
    ended.set(name, new Map());
    for (let index = 0; index < completions; index += 1) startPod(object, index);
  });
  return {
    expire: () => {
      for (const { metadata } of objects.list(jobs, namespace)) {
        doubles.removeOf((pod) => jobOf(pod) === metadata.name);
        const conditions = [{ type: 'Failed', status: 'True', reason: 'DeadlineExceeded' }];
        objects.setStatus(jobs, namespace, metadata.name, { conditions });
      }
    },
    deletePod: (index) => {
      for (const pod of objects.list(pods, namespace).filter((each) => indexOf(each) === index)) {
        doubles.removeOf((each) => each === pod);
        count(jobOf(pod), index, 137);
      }
    },
    replacePod: (index) => {
      for (const job of objects.list(jobs, namespace)) startPod(job, index, 'bbbbb');
    },
  };
}

function statusOf(results: ReadonlyMap<number, number>, completions: number): Fields {
  const of = (isWanted: (exitCode: number) => boolean) =>
    [...results].filter(([, exitCode]) => isWanted(exitCode)).map(([index]) => index);
  const completed = of((exitCode) => exitCode === 0);
  const failed = of((exitCode) => exitCode !== 0);
  const all = completed.length + failed.length === completions;
  const ending = failed.length === 0 ? { type: 'Complete' } : { type: 'Failed', reason: 'FailedIndexes' };
  return {
    succeeded: completed.length,
    failed: failed.length,
    completedIndexes: rangesOf(completed),
    failedIndexes: rangesOf(failed),
    ...(all ? { conditions: [{ ...ending, status: 'True' }] } : {}),
  };
}

/** 0, 1, 2, 5 -> `0-2,5`. */
function rangesOf(indexes: readonly number[]): string {
  const ranges: [number, number][] = [];
  for (const index of indexes.toSorted((a, b) => a - b)) {
    const last = ranges.at(-1);
    if (last && last[1] === index - 1) last[1] = index;
    else ranges.push([index, index]);
  }
  return ranges.map(([from, to]) => (from === to ? String(from) : `${from}-${to}`)).join(',');
}

/** Deletes what an owner that was deleted has owned. */
export function collectGarbage({ objects, namespace }: ApiServerDouble, uid: string): void {
  for (const resource of [configMaps, secrets])
    for (const { metadata } of objects.list(resource, namespace)) {
      const owners = metadata['ownerReferences'] as readonly { readonly uid: string }[] | undefined;
      if (owners?.some((owner) => owner.uid === uid)) objects.remove(resource, namespace, metadata.name);
    }
}
