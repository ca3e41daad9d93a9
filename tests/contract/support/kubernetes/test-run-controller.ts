import type { ApiServerDouble } from './api-server.ts';
import { collectGarbage } from './job-controller.ts';
import { type KubernetesObject, Refusal, type Resource } from './objects.ts';
import { type Behaviour, runPods } from './pod-doubles.ts';
import { jobs, pods } from './resources.ts';

/** The CRD's own checks. */
export const testRuns: Resource = {
  group: 'k6.io',
  version: 'v1alpha1',
  plural: 'testruns',
  kind: 'TestRun',
  validate: ({ spec, metadata: { name } }) => {
    const { parallelism, script, arguments: args, cleanup } = (spec ?? {}) as Record<string, unknown>;
    const refuse = (why: string) => new Refusal(422, 'Invalid', `TestRun.k6.io "${name}" is invalid: spec.${why}`);
    if (typeof script !== 'object') throw refuse('script: Required value');
    if (!Number.isInteger(parallelism)) throw refuse('parallelism: Required value');
    if (args !== undefined && typeof args !== 'string')
      throw refuse('arguments: Invalid value: must be of type string');
    if (cleanup !== undefined && cleanup !== 'post') throw refuse('cleanup: Unsupported value');
  },
};

interface Spec {
  readonly parallelism: number;
  readonly script: { readonly configMap: { readonly name: string } };
  readonly cleanup?: string;
}

export interface TestRunController {
  readonly deletePod: (index: number) => void;
  /** The initializer refuses the script. */
  readonly failInitializer: () => void;
}

/**
 * The k6-operator as it is: a Job for each runner, `finished` when all of them have ended, whatever way, and with
 * `cleanup: post` nothing left of them.
 */
export function runTestRunController(
  api: ApiServerDouble,
  behave: Behaviour,
  { initializer = 'succeeds' }: { readonly initializer?: 'succeeds' | 'fails' } = {},
): TestRunController {
  const { objects, namespace } = api;
  const begun = new Set<string>();
  const jobOf = (pod: KubernetesObject) => String((pod.metadata.labels ?? {})['batch.kubernetes.io/job-name']);
  const setStage = (name: string, stage: string) => void objects.setStatus(testRuns, namespace, name, { stage });
  const doubles = runPods(
    api,
    (container) => {
      const runner = behave(container);
      void Promise.resolve(runner).then(startWhenAllRun);
      return runner;
    },
    (pod, exitCode) => finish(jobOf(pod), exitCode),
  );

  /** The starter asks each runner to begin as soon as all of them run. */
  const startWhenAllRun = async (): Promise<void> => {
    await new Promise((resolve) => setTimeout(resolve, 2));
    for (const run of objects.list(testRuns, namespace)) {
      const { name } = run.metadata;
      const own = objects.list(pods, namespace).filter((pod) => jobOf(pod).startsWith(`${name}-`));
      const running = own.filter(({ status }) => JSON.stringify(status).includes('"running"'));
      if (running.length < (run.spec as unknown as Spec).parallelism || run.status?.['stage'] === 'started') continue;
      setStage(name, 'started');
      for (const pod of running) await startPaused(pod);
    }
  };
  const startPaused = async (pod: KubernetesObject): Promise<void> => {
    await fetch(`${api.server}/api/v1/namespaces/${namespace}/pods/${pod.metadata.name}:6565/proxy/v1/status`, {
      method: 'PATCH',
      headers: { authorization: `Bearer ${api.token}` },
      body: JSON.stringify({ data: { attributes: { paused: false } } }),
    });
  };
  const finish = (job: string, exitCode: number): void => {
    if (!objects.find(jobs, namespace, job)) return;
    objects.setStatus(jobs, namespace, job, exitCode === 0 ? { succeeded: 1 } : { failed: 1 });
    const name = job.replace(/-\d+$/, '');
    const run = objects.find(testRuns, namespace, name);
    const own = objects.list(jobs, namespace).filter((each) => each.metadata.name.startsWith(`${name}-`));
    if (!run || own.some(({ status }) => status === undefined)) return;
    if ((run.spec as unknown as Spec).cleanup === 'post') objects.remove(testRuns, namespace, name);
    else setStage(name, 'finished');
  };

  objects.listen((resource, object, change) => {
    if (resource.plural !== testRuns.plural) return;
    const { name, uid } = object.metadata;
    if (change === 'removed') {
      doubles.removeOf((pod) => jobOf(pod).startsWith(`${name}-`));
      for (const job of objects.list(jobs, namespace).filter((each) => each.metadata.name.startsWith(`${name}-`)))
        objects.remove(jobs, namespace, job.metadata.name);
      collectGarbage(api, uid);
    } else if (!begun.has(name)) {
      begun.add(name);
      queueMicrotask(() => (initializer === 'fails' ? setStage(name, 'error') : begin(object)));
    }
  });
  const begin = ({ metadata: { name }, spec }: KubernetesObject): void => {
    const { parallelism, script } = spec as unknown as Spec;
    setStage(name, 'created');
    for (let number = 1; number <= parallelism; number += 1) {
      const job = `${name}-${number}`;
      const labels = { app: 'k6', k6_cr: name, runner: 'true' };
      objects.create(jobs, namespace, { metadata: { name: job, labels } });
      doubles.start({
        name: `${job}-ccccc`,
        index: number - 1,
        labels: { ...labels, 'batch.kubernetes.io/job-name': job },
        volumes: script.configMap.name,
        fallsBackToLogs: false,
      });
    }
  };
  return {
    deletePod: (index) => {
      for (const pod of objects.list(pods, namespace).filter((each) => jobOf(each).endsWith(`-${index + 1}`))) {
        doubles.removeOf((each) => each === pod);
        finish(jobOf(pod), 137);
      }
    },
    failInitializer: () => {
      for (const { metadata } of objects.list(testRuns, namespace)) setStage(metadata.name, 'error');
    },
  };
}
