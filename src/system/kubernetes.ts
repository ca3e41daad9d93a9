import type { RequestOptions } from 'node:https';
import type { ClusterSettings } from '../core/cluster.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import { networkWords } from '../core/network-cause.ts';
import type { Mask } from '../core/redact.ts';
import { type Agents, certificateWords, openAgents } from './kubernetes-agents.ts';
import { type ClusterAccess, type ClusterSurroundings, readAccess, surroundings } from './kubernetes-config.ts';
import { type CredentialSource, openCredentials } from './kubernetes-credentials.ts';
import { type Reply, StaleConnection, transfer } from './kubernetes-transfer.ts';

/** The API server's refusal: its HTTP status and the reason of its Status object, such as Conflict. */
export class KubernetesError extends ToolError {
  readonly status: number;
  readonly reason: string;

  constructor(message: string, details: { command: readonly string[]; status: number; reason: string }) {
    super(message, { command: details.command, exitCode: null });
    this.status = details.status;
    this.reason = details.reason;
  }
}

type Body =
  | { readonly json: unknown }
  /** RFC 6902. With `test` operations it is refused with 422 where the object has changed. */
  | { readonly jsonPatch: readonly JsonPatch[] }
  | { readonly mergePatch: unknown };

export type JsonPatch =
  | { readonly op: 'test' | 'replace' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export interface KubernetesCall {
  readonly signal?: AbortSignal | undefined;
  /** Of this request, in the place of the limit of the settings. */
  readonly timeoutMs?: number;
  /** The answer holds the metadata of the object alone. */
  readonly metadataOnly?: boolean;
}

/** One cluster and one namespace of it. */
export interface KubernetesClient {
  /** `https://10.0.0.1:6443`, for messages. */
  readonly server: string;
  readonly namespace: string;
  /**
   * One request; resolves with the parsed answer, which the caller validates. `path` begins with `/api` or `/apis`. Throws
   * KubernetesError for a refusal, ToolError where there is no answer within the limit, or an answer that is no JSON.
   */
  readonly request: (
    method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE',
    path: string,
    body?: Body,
    call?: KubernetesCall,
  ) => Promise<unknown>;
  /** GET of what is no JSON, such as the log of a container. Throws as `request` does. */
  readonly text: (path: string, call?: KubernetesCall) => Promise<string>;
}

/** The name under which the API server records what wrote a field, and with which a conflict is reported. */
const fieldManager = 'shiproom';

const defaultTimeoutMs = 10_000;
const metadataOnly = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';

/** Reads the kubeconfig at the first request, and again after a failure. */
export function openKubernetes(
  settings: ClusterSettings,
  around: ClusterSurroundings = surroundings(),
): { readonly connect: () => Promise<KubernetesClient> } {
  let opened: Promise<KubernetesClient> | undefined;
  return {
    connect: () => {
      if (opened) return opened;
      const connecting = connect(settings, around);
      opened = connecting;
      connecting.catch(() => (opened = undefined));
      return connecting;
    },
  };
}

async function connect(settings: ClusterSettings, around: ClusterSurroundings): Promise<KubernetesClient> {
  const access = await readAccess(settings, around);
  const credentials = openCredentials(access, around.variables);
  const connection = { access, credentials, agents: openAgents(access), settings };
  return {
    server: access.server,
    namespace: access.namespace,
    request: async (method, path, body, call = {}) => {
      const accept = call.metadataOnly === true ? metadataOnly : 'application/json';
      return parsed(await send(connection, { method, path, body, accept }, call));
    },
    text: async (path, call = {}) => {
      const question = { method: 'GET', path, body: undefined, accept: '*/*' };
      return (await send(connection, question, call)).text;
    },
  };
}

interface Connection {
  readonly access: ClusterAccess;
  readonly credentials: CredentialSource;
  readonly agents: Agents;
  readonly settings: ClusterSettings;
}

interface Question {
  readonly method: string;
  readonly path: string;
  readonly body: Body | undefined;
  readonly accept: string;
}

interface Accepted {
  readonly text: string;
  /** Throws ToolError. */
  readonly refuse: (why: string) => never;
}

async function send(connection: Connection, question: Question, call: KubernetesCall): Promise<Accepted> {
  const { access, credentials, settings } = connection;
  const command = [question.method, `${access.server}${question.path}`];
  const limitMs = call.timeoutMs ?? settings.timeoutMs ?? defaultTimeoutMs;
  const deadline = AbortSignal.timeout(limitMs);
  const signal = call.signal ? AbortSignal.any([deadline, call.signal]) : deadline;
  const failed = (why: string) =>
    new ToolError(credentials.mask(`${command.join(' ')}: ${why}`), { command, exitCode: null });
  const attempt = async () => exchange(connection, question, signal);
  let reply: Reply;
  try {
    reply = await attempt();
    // A refused token was not acted upon, so that a write can be sent again.
    if (reply.status === 401 && credentials.renew()) reply = await attempt();
  } catch (error) {
    if (error instanceof UserError) throw error;
    if (deadline.aborted) throw failed(`no answer within the limit of ${limitMs / 1000} s`);
    if (signal.aborted) throw failed('interrupted');
    throw failed(certificateWords(error) ?? networkWords(innermost(error)));
  }
  if (reply.status < 200 || reply.status >= 300) throw refusal(reply, command, credentials.mask);
  return {
    text: reply.text,
    refuse: (why) => {
      throw failed(why);
    },
  };
}

/** Of several addresses of one host, none of which answered, the first one's. */
function innermost(error: unknown): string {
  const [first = error] = error instanceof AggregateError ? (error.errors as unknown[]) : [];
  return messageOf(first);
}

/** A request that is passed on to a pod keeps its query. */
function addressOf(server: string, { method, path }: Question): URL {
  const url = new URL(`${server}${path}`);
  if (method !== 'GET' && method !== 'DELETE' && !path.includes('/proxy'))
    url.searchParams.set('fieldManager', fieldManager);
  return url;
}

async function exchange(
  { access, credentials, agents }: Connection,
  question: Question,
  signal: AbortSignal,
): Promise<Reply> {
  // An exec plugin may take longer than the limit of the request.
  const current = await abortable(credentials.current(), signal);
  const { agent, headers: more } = await agents.of(current);
  const data = question.body && Buffer.from(JSON.stringify(contentOf(question.body)));
  const url = addressOf(access.server, question);
  const options: RequestOptions = {
    method: question.method,
    agent,
    signal,
    headers: {
      accept: question.accept,
      ...current.headers,
      ...more,
      // A DELETE with a body and without its length is refused by the API server.
      ...(question.body && data
        ? { 'content-type': typeOf(question.body), 'content-length': String(data.length) }
        : {}),
    },
  };
  const once = () => transfer(url, options, data);
  return once().catch((error: unknown) => {
    // The server had closed a connection that was kept open; a write may have been received.
    if (question.method === 'GET' && error instanceof StaleConnection) return once();
    throw error instanceof StaleConnection ? error.cause : error;
  });
}

async function abortable<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('aborted')), { once: true });
  });
  return Promise.race([promise, aborted]);
}

const contentOf = (body: Body): unknown =>
  'json' in body ? body.json : 'jsonPatch' in body ? body.jsonPatch : body.mergePatch;
const typeOf = (body: Body): string =>
  'json' in body
    ? 'application/json'
    : 'jsonPatch' in body
      ? 'application/json-patch+json'
      : 'application/merge-patch+json';

function parsed({ text, refuse }: Accepted): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    return refuse(`an answer that is no JSON: ${text.slice(0, 200)}`);
  }
}

function refusal({ status, text }: Reply, command: readonly string[], mask: Mask): KubernetesError {
  const { message, reason } = statusOf(text);
  const words = typeof message === 'string' && message !== '' ? message : text.slice(0, 200);
  return new KubernetesError(mask(`${command.join(' ')} answered ${status}${words === '' ? '' : `: ${words}`}`), {
    command,
    status,
    reason: typeof reason === 'string' ? reason : '',
  });
}

/** The Status object of a refusal; empty where a proxy has refused. */
function statusOf(text: string): { readonly message?: unknown; readonly reason?: unknown } {
  try {
    return Object(JSON.parse(text)) as object;
  } catch {
    return {};
  }
}
