import type { ClusterSettings } from '../core/cluster.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import { networkWords } from '../core/network-cause.ts';
import type { Mask } from '../core/redact.ts';
import { certificateWords, openAgents } from './kubernetes/agents.ts';
import { type ClusterSurroundings, readAccess, surroundings } from './kubernetes/config.ts';
import { openCredentials } from './kubernetes/credentials.ts';
import { type Body, type Connection, exchange, type Question } from './kubernetes/exchange.ts';
import { readLines, readText, type Receive, type Reply } from './kubernetes/transfer.ts';

export type { JsonPatch } from './kubernetes/exchange.ts';

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
  /**
   * The events of a watch, each as it arrives and for the caller to validate. `path` has a query with the resourceVersion to begin
   * after. Ends where the API server ends it, at the latest after a minute. Throws as `request` does, also in the middle.
   */
  readonly watch: (path: string, call?: KubernetesCall) => AsyncIterable<unknown>;
}

const defaultTimeoutMs = 10_000;
/** Of a watch; its connection may be dead without a sign of it. */
const watchSeconds = 60;
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
    watch: (path, call = {}) => watchEvents(connection, path, call),
  };
}

async function* watchEvents(connection: Connection, path: string, call: KubernetesCall): AsyncGenerator {
  const question = {
    method: 'GET',
    path: `${path}&watch=1&timeoutSeconds=${watchSeconds}`,
    body: undefined,
    accept: 'application/json',
  };
  const timeoutMs = watchSeconds * 1000 + limitOf(connection, call);
  const { lines = [], explain, refuse } = await send(connection, question, { ...call, timeoutMs }, readLines);
  try {
    for await (const text of lines) if (text.trim() !== '') yield parsed({ text, refuse });
  } catch (error) {
    throw error instanceof ToolError ? error : explain(error);
  }
}

interface Accepted extends Pick<Reply, 'text' | 'lines'> {
  /** Why the answer could not be read to its end. */
  readonly explain: (error: unknown) => ToolError;
  /** Throws ToolError. */
  readonly refuse: (why: string) => never;
}

const limitOf = ({ settings }: Connection, { timeoutMs }: KubernetesCall): number =>
  timeoutMs ?? settings.timeoutMs ?? defaultTimeoutMs;

async function send(
  connection: Connection,
  question: Question,
  call: KubernetesCall,
  receive: Receive = readText,
): Promise<Accepted> {
  const { access, credentials } = connection;
  const command = [question.method, `${access.server}${question.path}`];
  const limitMs = limitOf(connection, call);
  const deadline = AbortSignal.timeout(limitMs);
  const signal = call.signal ? AbortSignal.any([deadline, call.signal]) : deadline;
  const failed = (why: string) =>
    new ToolError(credentials.mask(`${command.join(' ')}: ${why}`), { command, exitCode: null });
  const explain = (error: unknown) => {
    if (deadline.aborted) return failed(`no answer within the limit of ${limitMs / 1000} s`);
    if (signal.aborted) return failed('interrupted');
    return failed(certificateWords(error) ?? networkWords(innermost(error)));
  };
  const attempt = async () => exchange(connection, question, { signal, receive });
  let reply: Reply;
  try {
    reply = await attempt();
    // A refused token was not acted upon, so that a write can be sent again.
    if (reply.status === 401 && credentials.renew()) reply = await attempt();
  } catch (error) {
    throw error instanceof UserError ? error : explain(error);
  }
  if (reply.status < 200 || reply.status >= 300) throw refusal(reply, command, credentials.mask);
  return {
    ...reply,
    explain,
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

function parsed({ text, refuse }: Pick<Accepted, 'text' | 'refuse'>): unknown {
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
