import type { RequestOptions } from 'node:https';
import type { ClusterSettings } from '../../core/cluster.ts';
import type { Agents } from './agents.ts';
import type { ClusterAccess } from './config.ts';
import type { CredentialSource } from './credentials.ts';
import { type Receive, type Reply, StaleConnection, transfer } from './transfer.ts';

export type Body =
  | { readonly json: unknown }
  /** RFC 6902. With `test` operations it is refused with 422 where the object has changed. */
  | { readonly jsonPatch: readonly JsonPatch[] }
  | { readonly mergePatch: unknown };

export type JsonPatch =
  | { readonly op: 'test' | 'replace' | 'add'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string };

export interface Connection {
  readonly access: ClusterAccess;
  readonly credentials: CredentialSource;
  readonly agents: Agents;
  readonly settings: ClusterSettings;
}

export interface Question {
  readonly method: string;
  readonly path: string;
  readonly body: Body | undefined;
  readonly accept: string;
}

/** The name under which the API server records what wrote a field, and with which a conflict is reported. */
const fieldManager = 'shiproom';

/** A request that is passed on to a pod keeps its query. */
function addressOf(server: string, { method, path }: Question): URL {
  const url = new URL(`${server}${path}`);
  if (method !== 'GET' && method !== 'DELETE' && !path.includes('/proxy'))
    url.searchParams.set('fieldManager', fieldManager);
  return url;
}

/** One request with the credentials of now; `receive` reads its answer. */
export async function exchange(
  { access, credentials, agents }: Connection,
  question: Question,
  { signal, receive }: { readonly signal: AbortSignal; readonly receive: Receive },
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
  const once = () => transfer(url, options, { data, receive });
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
