import type { z } from 'zod';
import type { DriverCall, KubernetesRuntimeSettings } from '../../core/drivers.ts';
import { UserError } from '../../core/errors.ts';
import type { Colour } from '../../core/target.ts';
import {
  type KubernetesCall,
  type KubernetesClient,
  KubernetesError,
  openKubernetes,
} from '../../system/kubernetes.ts';
import { defaultReadTimeoutMs } from '../runtime.ts';
import { UnreadableObject } from './persist.ts';
import { type DeploymentState, isOwnedBy } from './deployment-state.ts';
import {
  type Deployment,
  deploymentSchema,
  listSchema,
  podSchema,
  replicaSetSchema,
  type Selector,
} from './objects.ts';

export interface Reader {
  readonly state: (deployment: string, call?: DriverCall) => Promise<DeploymentState>;
  readonly deployment: (name: string, call?: DriverCall) => Promise<Deployment>;
  /** A pod by its name; undefined where there is none. */
  readonly pod: (name: string, call?: DriverCall) => Promise<z.infer<typeof podSchema> | undefined>;
  /** The last lines of a container's output; `previous`: of the process before the one that runs. Empty where there is none, undefined where it cannot be had. */
  readonly log: (
    of: { pod: string; container: string; previous: boolean },
    call?: DriverCall,
  ) => Promise<string | undefined>;
  readonly connect: () => Promise<KubernetesClient>;
}

/** Of one list; a namespace may have thousands of pods. */
const pageSize = 500;
const logLines = 20;
/** An API server that cannot reach the node of a pod waits for it; the reason of a failure does not wait for its log. */
const logTimeoutMs = 3000;
const expired = 410;
const notFound = 404;
/** Of a log: the container has had no process before, or none yet. */
const noSuchProcess = 400;

export function createReader(settings: KubernetesRuntimeSettings): Reader {
  const timeoutMs = settings.readTimeoutMs ?? defaultReadTimeoutMs;
  const { connect } = openKubernetes(settings.cluster);
  const callOf = (call: DriverCall | undefined): KubernetesCall => ({ signal: call?.signal, timeoutMs });
  const reader: Omit<Reader, 'state'> = {
    connect,
    deployment: async (name, call) => {
      const client = await connect();
      const path = deploymentPath(client, name);
      return parse(deploymentSchema, await client.request('GET', path, undefined, callOf(call)), path);
    },
    pod: async (name, call) => {
      const client = await connect();
      const path = `/api/v1/namespaces/${client.namespace}/pods/${encodeURIComponent(name)}`;
      try {
        return parse(podSchema, await client.request('GET', path, undefined, callOf(call)), path);
      } catch (error) {
        if (error instanceof KubernetesError && error.status === notFound) return undefined;
        throw error;
      }
    },
    log: async ({ pod, container, previous }, call) => {
      const client = await connect();
      const query = new URLSearchParams({ container, previous: String(previous), tailLines: String(logLines) });
      const path = `/api/v1/namespaces/${client.namespace}/pods/${encodeURIComponent(pod)}/log?${query}`;
      try {
        return await client.text(path, { ...callOf(call), timeoutMs: Math.min(timeoutMs, logTimeoutMs) });
      } catch (error) {
        // The log is an addition to a reason that is known without it; the pod or the right may be missing.
        return error instanceof KubernetesError && error.status === noSuchProcess ? '' : undefined;
      }
    },
  };
  return { ...reader, state: (name, call) => readState(reader, name, { call, callOf }) };
}

export const deploymentPath = ({ namespace }: KubernetesClient, name: string): string =>
  `/apis/apps/v1/namespaces/${namespace}/deployments/${name}`;

interface Calls {
  readonly call: DriverCall | undefined;
  readonly callOf: (call: DriverCall | undefined) => KubernetesCall;
}

/** The pods that a selector of this namespace matches. */
export const podsPath = ({ namespace }: KubernetesClient, selector: Selector): string =>
  `/api/v1/namespaces/${namespace}/pods?labelSelector=${encodeURIComponent(selectorText(selector))}`;

/** The status first and the pods last, so that the pods are never older than what the status reports. */
async function readState(
  { connect, deployment: read }: Pick<Reader, 'connect' | 'deployment'>,
  name: string,
  { call, callOf }: Calls,
): Promise<DeploymentState> {
  const client = await connect();
  const deployment = await read(name, call);
  const pods = podsPath(client, deployment.spec.selector);
  const list = async <T extends z.ZodType>(schema: T, path: string) => {
    const { items, version } = await listAll(client, path, callOf(call));
    return { items: items.map((item) => parse(schema, item, path)), version };
  };
  const sets = await list(
    replicaSetSchema,
    pods.replace('/api/v1/', '/apis/apps/v1/').replace('/pods?', '/replicasets?'),
  );
  const replicaSets = sets.items.filter((set) => isOwnedBy(set, deployment));
  const listed = await list(podSchema, pods);
  const own = listed.items.filter((pod) => replicaSets.some((set) => isOwnedBy(pod, set)));
  return { deployment, replicaSets, pods: own, podsVersion: listed.version };
}

interface Listed {
  readonly items: readonly unknown[];
  /** Of its first page. */
  readonly version: string | undefined;
}

async function listAll(client: KubernetesClient, path: string, call: KubernetesCall): Promise<Listed> {
  const items: unknown[] = [];
  let version: string | undefined;
  let next: string | undefined = '';
  for (let restarts = 0; next !== undefined;) {
    const page = `${path}&limit=${pageSize}${next === '' ? '' : `&continue=${encodeURIComponent(next)}`}`;
    try {
      const answer: z.infer<typeof listSchema> = parse(
        listSchema,
        await client.request('GET', page, undefined, call),
        path,
      );
      items.push(...answer.items);
      version ??= answer.metadata.resourceVersion;
      next = answer.metadata.continue === '' ? undefined : answer.metadata.continue;
    } catch (error) {
      // The token of the next page outlived its version of the list: it begins again.
      if (!(error instanceof KubernetesError) || error.status !== expired || restarts > 0) throw error;
      restarts += 1;
      items.length = 0;
      version = undefined;
      next = '';
    }
  }
  return { items, version };
}

/** A label selector as a query: `app=api,tier in (a,b),!legacy`. */
export function selectorText({ matchLabels, matchExpressions }: Selector): string {
  const expressions = matchExpressions.map(({ key, operator, values }) => {
    if (operator === 'Exists') return key;
    if (operator === 'DoesNotExist') return `!${key}`;
    return `${key} ${operator.toLowerCase()} (${values.join(',')})`;
  });
  return [...Object.entries(matchLabels).map(([key, value]) => `${key}=${value}`), ...expressions].join(',');
}

export function parse<T extends z.ZodType>(schema: T, answer: unknown, path: string): z.infer<T> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const what = issue ? `${issue.path.join('.')}: ${issue.message}` : 'unreadable';
  throw new UnreadableObject(`${path} answered what cannot be read: ${what}`, { command: [path], exitCode: null });
}

/** Throws UserError for a colour that has no Deployment of its own. */
export function deploymentNamed({ deployments }: KubernetesRuntimeSettings, colour: Colour): string {
  const name = deployments[colour];
  if (name !== undefined) return name;
  throw new UserError(`The target has no Deployment for ${colour}.`, ['runtime.deployments.green in the target file']);
}
