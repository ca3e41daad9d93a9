import { request as requestHttp, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';
import type { KubeConfig } from '@kubernetes/client-node';
import type { ClusterSettings } from '../core/cluster.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import { networkWords } from '../core/network-cause.ts';

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
const largestAnswer = 32 * 1024 * 1024;

/** Reads the kubeconfig at the first request, once. */
export function openKubernetes(settings: ClusterSettings): { readonly connect: () => Promise<KubernetesClient> } {
  let opened: Promise<KubernetesClient> | undefined;
  return {
    connect: () => {
      opened ??= connect(settings);
      return opened;
    },
  };
}

async function connect(settings: ClusterSettings): Promise<KubernetesClient> {
  const config = await readConfig(settings);
  const cluster = config.getCurrentCluster();
  const context = config.getContextObject(config.getCurrentContext());
  if (!cluster || !context) throw noContext(config, settings);
  const server = cluster.server.replace(/\/$/, '');
  // The package refuses plain HTTP, which `kubectl proxy` serves, unless it is marked so.
  if (server.startsWith('http:')) Object.assign(cluster, { skipTLSVerify: true });
  return {
    server,
    namespace: settings.namespace ?? context.namespace ?? 'default',
    request: async (method, path, body, call = {}) =>
      parsed(await send({ config, server, settings }, { method, path, body, accept: 'application/json' }, call)),
    text: async (path, call = {}) => {
      const question = { method: 'GET', path, body: undefined, accept: '*/*' };
      return (await send({ config, server, settings }, question, call)).text;
    },
  };
}

async function readConfig({ kubeconfig, context }: ClusterSettings): Promise<KubeConfig> {
  // Loaded here, because most commands reach no cluster; the whole package takes half a second to load.
  const { KubeConfig: Config } = await import('@kubernetes/client-node/dist/config.js');
  const config = new Config();
  try {
    if (kubeconfig === undefined) config.loadFromDefault();
    else config.loadFromFile(kubeconfig);
  } catch (error) {
    const place = kubeconfig ?? 'the kubeconfig of KUBECONFIG or ~/.kube/config';
    throw new UserError(`${place} cannot be read: ${messageOf(error)}`, ['cluster.kubeconfig in the target file']);
  }
  if (context !== undefined) {
    if (!config.getContextObject(context)) throw noContext(config, { context });
    config.setCurrentContext(context);
  }
  return config;
}

function noContext(config: KubeConfig, { context }: ClusterSettings): UserError {
  const known = config.getContexts().map(({ name }) => name);
  const wanted = context ?? config.getCurrentContext() ?? '';
  return new UserError(
    `The kubeconfig has no usable context "${wanted}"; it has ${known.join(', ') || 'none'}.`,
    known.length > 0
      ? known.map((name) => `cluster: { context: ${name} }   in the target file`)
      : ['kubectl config view'],
  );
}

interface Connection {
  readonly config: KubeConfig;
  readonly server: string;
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
  readonly command: readonly string[];
}

async function send(
  { config, server, settings }: Connection,
  { method, path, body, accept }: Question,
  call: KubernetesCall,
): Promise<Accepted> {
  const command = [method, `${server}${path}`];
  const limitMs = call.timeoutMs ?? settings.timeoutMs ?? defaultTimeoutMs;
  const deadline = AbortSignal.timeout(limitMs);
  const signal = call.signal ? AbortSignal.any([deadline, call.signal]) : deadline;
  const failed = (why: string) => failure(command, why);
  let answer: { readonly status: number; readonly text: string };
  try {
    // Exec plugins and tokens that are rotated in a file are renewed here, so this is done for every request.
    const options: RequestOptions = { method, headers: { accept } };
    await config.applyToHTTPSOptions(options);
    answer = await exchange(addressOf(server, { method, path }), { ...options, signal }, body);
  } catch (error) {
    if (deadline.aborted) throw failed(`no answer within the limit of ${limitMs / 1000} s`);
    if (signal.aborted) throw failed('interrupted');
    throw failed(networkWords(messageOf(error)));
  }
  return acceptAnswer(answer, command);
}

const failure = (command: readonly string[], why: string): ToolError =>
  new ToolError(`${command.join(' ')}: ${why}`, { command, exitCode: null });

/** A request that is passed on to a pod keeps its query. */
function addressOf(server: string, { method, path }: Pick<Question, 'method' | 'path'>): URL {
  const url = new URL(`${server}${path}`);
  if (method !== 'GET' && method !== 'DELETE' && !path.includes('/proxy'))
    url.searchParams.set('fieldManager', fieldManager);
  return url;
}

function exchange(
  url: URL,
  options: RequestOptions,
  body: Body | undefined,
): Promise<{ status: number; text: string }> {
  const data = body && Buffer.from(JSON.stringify(contentOf(body)));
  const headers = {
    ...(options.headers as OutgoingHttpHeaders),
    // A DELETE with a body and without its length is refused by the API server.
    ...(body && data ? { 'content-type': typeOf(body), 'content-length': String(data.length) } : {}),
  };
  const start = url.protocol === 'http:' ? requestHttp : requestHttps;
  const { agent: _, ...plain } = options;
  return new Promise((resolve, reject) => {
    const request = start(url, { ...(url.protocol === 'http:' ? plain : options), headers }, (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
    });
    request.on('error', reject);
    request.end(data);
  });
}

const contentOf = (body: Body): unknown =>
  'json' in body ? body.json : 'jsonPatch' in body ? body.jsonPatch : body.mergePatch;
const typeOf = (body: Body): string =>
  'json' in body
    ? 'application/json'
    : 'jsonPatch' in body
      ? 'application/json-patch+json'
      : 'application/merge-patch+json';

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > largestAnswer) throw new Error(`the answer is larger than ${largestAnswer} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed({ text, command }: Accepted): unknown {
  try {
    return text === '' ? {} : JSON.parse(text);
  } catch {
    throw failure(command, `an answer that is no JSON: ${text.slice(0, 200)}`);
  }
}

function acceptAnswer(
  { status, text }: { readonly status: number; readonly text: string },
  command: readonly string[],
): Accepted {
  if (status >= 200 && status < 300) return { text, command };
  const { message, reason } = statusOf(text);
  const words = typeof message === 'string' && message !== '' ? message : text.slice(0, 200);
  throw new KubernetesError(`${command.join(' ')} answered ${status}${words === '' ? '' : `: ${words}`}`, {
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
