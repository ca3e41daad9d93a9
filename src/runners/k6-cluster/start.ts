import { z } from 'zod';
import { messageOf } from '../../core/errors.ts';
import type { KubernetesClient } from '../../system/kubernetes.ts';
import { k6Port } from './manifests.ts';
import { indexesOf, type TrackedPod, type TrackedPods, type Watch } from './tracking.ts';

/** k6's own status: initialised, and paused before its first iteration. */
const pausedBeforeRun = 4;

const statusSchema = z.object({
  data: z.object({ attributes: z.object({ status: z.int(), paused: z.boolean(), 'vus-max': z.int() }) }),
});
type Status = z.output<typeof statusSchema>['data']['attributes'];

interface Wanted {
  readonly client: KubernetesClient;
  readonly pods: TrackedPods;
  /** Virtual users of each runner, its heartbeat's included. */
  readonly users: number;
  readonly startWithinMs: number;
}

/** Waits until every runner can start at once. Returns why one cannot; none has sent anything yet. */
export async function untilReady(watch: Watch, { client, pods, users, startWithinMs }: Wanted): Promise<string[]> {
  const { set, runners, clock, signal, pollMs } = watch;
  const until = clock.monotonic() + startWithinMs;
  const ready = new Set<string>();
  for (;;) {
    await pods.read();
    const current = indexesOf(runners).map((index) => pods.of(index));
    const refused = current.flatMap((pod) => whyNever(pod, runners));
    if (refused.length > 0) return refused;
    if (set.startsPaused)
      for (const pod of current.filter((each) => each?.running === true && !ready.has(each.uid))) {
        const status = pod && (await readStatus(client, pod.name, signal));
        if (!pod || !status) continue;
        const wrong = whyWrong(status, users);
        if (wrong !== undefined) return [`runner ${pod.index + 1} of ${runners} ${wrong}`];
        if (status.paused && status.status === pausedBeforeRun) ready.add(pod.uid);
      }
    const open = current.flatMap((pod, index) => (isUp(pod, ready, watch) ? [] : [{ pod, index }]));
    if (open.length === 0) return [];
    const { problems } = await set.readController(signal).catch(() => ({ problems: [] }));
    if (problems.length > 0) return [...problems];
    if (clock.monotonic() >= until || signal.aborted)
      return open.map(({ pod, index }) => notReady({ pod, index, runners, startWithinMs }, pods.failure()));
    await clock.sleep(pollMs, signal);
  }
}

const isUp = (pod: TrackedPod | undefined, ready: ReadonlySet<string>, { set }: Watch): boolean =>
  pod !== undefined && (set.startsPaused ? ready.has(pod.uid) : pod.running || pod.ended !== undefined) && !pod.gone;

function whyNever(pod: TrackedPod | undefined, runners: number): string[] {
  if (!pod) return [];
  const { index, name, hopeless, waiting, ended } = pod;
  const which = `runner ${index + 1} of ${runners} (pod ${name})`;
  if (hopeless) return [`${which} cannot start: ${waiting}`];
  if (!ended || ended.exitCode === 0) return [];
  const words = ended.message === undefined ? '' : `: ${ended.message.trim().slice(-400)}`;
  return [`${which} ended with exit code ${ended.exitCode} (${ended.reason}) before the load${words}`];
}

const whyWrong = ({ 'vus-max': read, status }: Status, users: number): string | undefined =>
  status === pausedBeforeRun && read !== users ? `would use ${read} virtual users, ${users} are planned` : undefined;

function notReady(
  {
    pod,
    index,
    runners,
    startWithinMs,
  }: { pod: TrackedPod | undefined; index: number; runners: number; startWithinMs: number },
  failure: string | undefined,
): string {
  const why = pod?.waiting ?? failure ?? (pod ? 'k6 in it does not answer on port 6565' : 'it has no pod');
  return `runner ${index + 1} of ${runners} was not ready within ${startWithinMs / 1000} s (load.engine.startWithin): ${why}`;
}

const statusPath = (client: KubernetesClient, pod: string): string =>
  `/api/v1/namespaces/${client.namespace}/pods/${pod}:${k6Port}/proxy/v1/status`;

/** undefined while k6 does not answer yet. Throws what the API server itself refuses, as a missing right. */
async function readStatus(client: KubernetesClient, pod: string, signal: AbortSignal): Promise<Status | undefined> {
  try {
    return parseStatus(await client.request('GET', statusPath(client, pod), undefined, { signal }));
  } catch (error) {
    if (signal.aborted || isForbidden(error)) throw error;
    return undefined;
  }
}

const isForbidden = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && (error.status === 401 || error.status === 403);

const parseStatus = (answer: unknown): Status | undefined => {
  const parsed = statusSchema.safeParse(answer);
  return parsed.success ? parsed.data.data.attributes : undefined;
};

export interface Starts {
  /** Between the first request to start and each runner's answer, by index. */
  readonly lateMs: readonly (number | undefined)[];
  readonly problems: readonly string[];
}

const attempts = 3;

/** Starts all runners at once. */
export async function startTogether(
  { runners, clock, signal, pollMs }: Watch,
  client: KubernetesClient,
  pods: TrackedPods,
): Promise<Starts> {
  const first = clock.monotonic();
  const body = { json: { data: { type: 'status', id: 'default', attributes: { paused: false } } } };
  const start = async (index: number): Promise<{ lateMs?: number; problem?: string }> => {
    const name = pods.of(index)?.name ?? '';
    let why = 'it is still paused';
    for (let attempt = 0; attempt < attempts && !signal.aborted; attempt += 1) {
      try {
        const status = parseStatus(await client.request('PATCH', statusPath(client, name), body, { signal }));
        if (status?.paused === false) return { lateMs: Math.round(clock.monotonic() - first) };
      } catch (error) {
        why = messageOf(error);
      }
      await clock.sleep(pollMs, signal);
    }
    return { problem: `runner ${index + 1} of ${runners} did not start: ${why}` };
  };
  const results = await Promise.all(indexesOf(runners).map(start));
  return {
    lateMs: results.map(({ lateMs }) => lateMs),
    problems: results.flatMap(({ problem }) => problem ?? []),
  };
}
