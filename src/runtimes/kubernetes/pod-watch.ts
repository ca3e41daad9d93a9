import { z } from 'zod';
import { ToolError, UserError } from '../../core/errors.ts';
import { KubernetesError } from '../../system/kubernetes.ts';
import { type DeploymentState, isFinished } from './deployment-state.ts';
import { type Pod, podSchema } from './objects.ts';
import { podsPath } from './reader.ts';
import type { SideRun } from './side-run.ts';

/** The events of a Deployment's pods, so that no status between two reads is missed. Reads decide; this adds to them. */
export interface PodWatch extends AsyncDisposable {
  /** The pods of the events since the last call, oldest first. */
  readonly take: () => readonly Pod[];
  /** Whether the pod had ended before the watch began: evicted pods stay, and are none that a step replaces. */
  readonly hadEnded: (pod: string) => boolean;
  /** Whether the event of the pod's removal, which has its last status, has arrived. */
  readonly hasRemoved: (pod: string) => boolean;
  /** The pods were listed at this version: a watch that has lost its place begins there. */
  readonly listed: (version: string | undefined) => void;
  /** Why events may be missing; undefined where none is. */
  readonly gap: () => string | undefined;
  /** Nothing will arrive: the right is missing. */
  readonly isRefused: () => boolean;
}

interface Place {
  /** After which the next event comes; undefined until the next list. */
  version: string | undefined;
  pods: Pod[];
  readonly removed: Set<string>;
  isRefused: boolean;
  /** Events were lost for good. */
  lost: string | undefined;
  /** Why it is not open now. */
  failure: string | undefined;
  /** No refusal and no failure of the network: a bug. */
  bug: { readonly error: unknown } | undefined;
}

const eventSchema = z.object({ type: z.string(), object: z.unknown() });
const versionedSchema = z.object({ metadata: z.object({ resourceVersion: z.string().min(1) }) });
const errorSchema = z.object({ code: z.int().optional(), message: z.string().default('') });

const forbidden = 403;
const gone = 410;

/** Opens it after the list of `state`. It ends when it is disposed of, or with the signal of the call. */
export function watchPods({ deployment, pods: before, podsVersion }: DeploymentState, run: SideRun): PodWatch {
  const place: Place = {
    version: podsVersion,
    pods: [],
    removed: new Set(),
    isRefused: false,
    lost: undefined,
    failure: undefined,
    bug: undefined,
  };
  const earlier = new Set(before.filter(isFinished).map(({ metadata }) => metadata.name));
  const end = new AbortController();
  const signal = run.call?.signal ? AbortSignal.any([end.signal, run.call.signal]) : end.signal;
  const following = follow(place, deployment.spec.selector, { ...run, signal }).catch((error: unknown) => {
    place.bug = { error };
  });
  return {
    take: () => {
      if (place.bug) throw place.bug.error;
      const { pods } = place;
      place.pods = [];
      return pods;
    },
    hadEnded: (pod) => earlier.has(pod),
    hasRemoved: (pod) => place.removed.has(pod),
    listed: (version) => (place.version ??= version),
    gap: () => place.lost ?? place.failure,
    isRefused: () => place.isRefused,
    [Symbol.asyncDispose]: async () => {
      end.abort();
      await following;
    },
  };
}

/** A watch that ends or breaks goes on after its last event. */
async function follow(
  place: Place,
  selector: Parameters<typeof podsPath>[1],
  { reader, clock, timing, signal }: SideRun & { readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted && !place.isRefused) {
    try {
      const client = await reader.connect();
      if (place.version !== undefined) {
        const path = `${podsPath(client, selector)}&resourceVersion=${place.version}&allowWatchBookmarks=true`;
        for await (const event of client.watch(path, { signal })) receive(event, place);
      }
    } catch (error) {
      if (!(error instanceof ToolError) && !(error instanceof UserError)) throw error;
      fail(error, place);
    }
    if (!place.isRefused) await clock.sleep(timing.pollMs, signal);
  }
}

function receive(raw: unknown, place: Place): void {
  const { type, object } = eventSchema.safeParse(raw).data ?? { type: 'no event', object: undefined };
  const version = versionedSchema.safeParse(object).data?.metadata.resourceVersion;
  const pod = type === 'BOOKMARK' ? undefined : podSchema.safeParse(object).data;
  const isKnown = type === 'BOOKMARK' || (['ADDED', 'MODIFIED', 'DELETED'].includes(type) && pod !== undefined);
  if (version === undefined || !isKnown) throw lose(`${type} ${describe(object)}`.trim(), place);
  place.version = version;
  place.failure = undefined;
  if (!pod) return;
  place.pods.push(pod);
  if (type === 'DELETED') place.removed.add(pod.metadata.name);
}

function describe(object: unknown): string {
  const { code, message = '' } = errorSchema.safeParse(object).data ?? {};
  return [code, message].filter((part) => part !== undefined && part !== '').join(' ');
}

/** The next list gives the place to go on from; what came in between has no event. */
function lose(why: string, place: Place): ToolError {
  place.version = undefined;
  place.lost ??= `the API server ended the watch of its pods: ${why}`;
  return new ToolError(place.lost, { command: [], exitCode: null });
}

function fail(error: ToolError | UserError, place: Place): void {
  const { message } = error;
  place.failure = `the watch of its pods failed: ${message}`;
  if (!(error instanceof KubernetesError)) return;
  if (error.status === gone) lose(message, place);
  if (error.status !== forbidden) return;
  place.isRefused = true;
  place.failure = 'the right to watch pods is missing (npm run doctor prints its rule)';
}
