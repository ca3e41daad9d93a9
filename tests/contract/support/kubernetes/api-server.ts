import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pageOf, selectorOf } from './list-query.ts';
import { type Draft, type KubernetesObject, ObjectStore, Refusal, type Resource } from './objects.ts';
import { recordManager } from './managed-fields.ts';
import { kubeconfigOf } from './kubeconfig.ts';
import { Watches } from './watches.ts';
import { applyJsonPatch, applyMergePatch } from './patches.ts';

/** A request as the double has received it. */
export interface Received {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export type Subresource = (context: {
  readonly object: KubernetesObject;
  readonly rest: string;
  readonly method: string;
  readonly body: unknown;
  readonly url: URL;
}) => Promise<{ readonly status?: number; readonly json?: unknown; readonly text?: string }>;

/**
 * An API server without a cluster: the REST rules of Kubernetes for the given resources, strict about what it accepts. What
 * controllers would do is added by the tests as listeners of `objects`.
 */
export interface ApiServerDouble extends AsyncDisposable {
  readonly server: string;
  readonly token: string;
  readonly namespace: string;
  /** A file that names the server, its token and the namespace. */
  readonly kubeconfig: string;
  readonly objects: ObjectStore;
  readonly received: readonly Received[];
  readonly watches: Watches;
  /** `get pods`, `patch deployments`, `get pods/proxy`: refused with 403 from now on. */
  readonly deny: (verb: string, resource: string) => void;
  /** `pods/proxy`, `pods/log`: answered by the test. */
  readonly answer: (subresource: string, by: Subresource) => void;
  /** Breaks the connection of the next requests whose path matches. */
  readonly breakOff: (path: RegExp, times: number) => void;
  /** Called once, when the next such request has been received and has had no effect yet. */
  readonly beforeNext: (method: string, path: RegExp, act: () => void) => void;
  /** Carries out the next requests whose method and path match (`PATCH /api/…`), and breaks the connection before the answer. */
  readonly loseAnswer: (request: RegExp, times: number) => void;
}

const token = 'a-token-of-the-double';
const namespace = 'freetask';

export async function startApiServer(resources: readonly Resource[]): Promise<ApiServerDouble> {
  const objects = new ObjectStore();
  const received: Received[] = [];
  const denied = new Set<string>();
  const subresources = new Map<string, Subresource>();
  const broken: { path: RegExp; times: number }[] = [];
  const hooks: Hook[] = [];
  const watches = new Watches(objects);
  const known = { resources, objects, denied, subresources, hooks, watches };
  const lost: { request: RegExp; times: number }[] = [];
  const http = createServer((request, response) => {
    const cut = broken.find(({ path, times }) => times > 0 && path.test(request.url ?? ''));
    if (cut) {
      cut.times -= 1;
      request.socket.destroy();
      return;
    }
    void handle(request, known, received).then(
      ({ status = 200, json, text, stream }) => {
        if (stream) return stream(response);
        const losing = lost.find((each) => each.times > 0 && each.request.test(`${request.method} ${request.url}`));
        if (!losing) return respond(response, status, text ?? JSON.stringify(json));
        losing.times -= 1;
        request.socket.destroy();
      },
      (error: unknown) => respond(response, ...describe(error)),
    );
  }).listen(0, '127.0.0.1');
  await once(http, 'listening');
  const server = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  const folder = await mkdtemp(join(tmpdir(), 'kubeconfig-'));
  const kubeconfig = join(folder, 'config');
  await writeFile(kubeconfig, JSON.stringify(kubeconfigOf(server, { token, namespace })));
  return {
    server,
    token,
    namespace,
    kubeconfig,
    objects,
    received,
    watches,
    deny: (verb, resource) => void denied.add(`${verb} ${resource}`),
    answer: (subresource, by) => void subresources.set(subresource, by),
    breakOff: (path, times) => void broken.push({ path, times }),
    beforeNext: (...hook) => void hooks.push(hook),
    loseAnswer: (request, times) => void lost.push({ request, times }),
    [Symbol.asyncDispose]: async () => {
      http.closeAllConnections();
      http.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

interface Answer {
  readonly status?: number;
  readonly json?: unknown;
  readonly text?: string;
  readonly stream?: (response: ServerResponse) => void;
}

type Hook = Parameters<ApiServerDouble['beforeNext']>;

interface Known {
  readonly hooks: Hook[];
  readonly watches: Watches;
  readonly resources: readonly Resource[];
  readonly objects: ObjectStore;
  readonly denied: ReadonlySet<string>;
  readonly subresources: ReadonlyMap<string, Subresource>;
}

const writes: Readonly<Record<string, string>> = { POST: 'create', PUT: 'update', PATCH: 'patch', DELETE: 'delete' };

async function handle(request: IncomingMessage, known: Known, received: Received[]): Promise<Answer> {
  const method = request.method ?? '';
  const url = new URL(request.url ?? '', 'http://double');
  const body = parseBody(await readAll(request));
  received.push({ method, path: url.pathname, query: url.searchParams, body });
  const due = known.hooks.findIndex(([verb, path]) => verb === method && path.test(url.pathname));
  if (due >= 0) known.hooks.splice(due, 1)[0]?.[2]();
  if (request.headers.authorization !== `Bearer ${token}`) throw new Refusal(401, 'Unauthorized', 'Unauthorized');
  if (url.pathname === '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews') return review(body, known);
  const match = /^\/(?:api|apis\/([^/]+))\/(v\w+)\/namespaces\/([^/]+)\/([^/]+)(?:\/([^/]+)(?:\/([^/]+)(.*))?)?$/.exec(
    url.pathname,
  );
  const [, group = '', version, space = '', plural = '', fullName, sub, rest = ''] = match ?? [];
  const resource = known.resources.find(
    (each) => each.group === group && each.version === version && each.plural === plural,
  );
  if (!resource) throw new Refusal(404, 'NotFound', 'the server could not find the requested resource');
  const isWatch = method === 'GET' && ['1', 'true'].includes(url.searchParams.get('watch') ?? '');
  const verb = isWatch ? 'watch' : (writes[method] ?? (fullName === undefined ? 'list' : 'get'));
  const name = sub === 'proxy' ? fullName?.split(':')[0] : fullName;
  const what = sub === undefined ? plural : `${plural}/${sub}`;
  if (known.denied.has(`${verb} ${what}`))
    throw new Refusal(
      403,
      'Forbidden',
      `${plural} is forbidden: User "shiproom" cannot ${verb} resource "${what}" in API group "${group}" in the namespace "${space}"`,
    );
  const { objects } = known;
  if (sub !== undefined) {
    const by = known.subresources.get(what);
    if (!by) throw new Refusal(404, 'NotFound', `the double has no ${what}`);
    return by({ object: objects.get(resource, space, name ?? ''), rest, method, body, url });
  }
  if (method !== 'GET' && method !== 'DELETE' && !url.searchParams.has('fieldManager'))
    throw new Refusal(400, 'BadRequest', 'the double demands a fieldManager of every write');
  if (isWatch) return { stream: known.watches.answer(resource, space, url) };
  if (name === undefined) return collection(resource, space, { method, url, body }, objects);
  const type = request.headers['content-type'] ?? '';
  const manager = url.searchParams.get('fieldManager') ?? '';
  return single(resource, { space, name }, { method, type, body, manager }, objects);
}

function collection(
  resource: Resource,
  space: string,
  { method, url, body }: { readonly method: string; readonly url: URL; readonly body: unknown },
  objects: ObjectStore,
): Answer {
  if (method === 'POST') return { status: 201, json: objects.create(resource, space, body as Draft) };
  const wanted = selectorOf(url.searchParams.get('labelSelector'));
  const items = objects.list(resource, space).filter(({ metadata: { labels = {} } }) => wanted(labels));
  const { shown, rest } = pageOf(items, url);
  const metadata = { resourceVersion: String(objects.version), ...(rest === undefined ? {} : { continue: rest }) };
  return { json: { kind: `${resource.kind}List`, apiVersion: resource.version, metadata, items: shown } };
}

function single(
  resource: Resource,
  { space, name }: { readonly space: string; readonly name: string },
  { method, type, body, manager }: Record<'method' | 'type' | 'manager', string> & { readonly body: unknown },
  objects: ObjectStore,
): Answer {
  const before = objects.get(resource, space, name);
  switch (method) {
    case 'GET':
      return { json: before };
    case 'PUT':
      return { json: objects.update(resource, before, body as KubernetesObject) };
    case 'DELETE':
      objects.remove(resource, space, name);
      return { json: { kind: 'Status', status: 'Success' } };
    case 'PATCH':
      return { json: objects.update(resource, before, recordManager(before, patched(before, type, body), manager)) };
    default:
      throw new Refusal(405, 'MethodNotAllowed', `${method} is not supported`);
  }
}

function patched(before: KubernetesObject, type: string, body: unknown): KubernetesObject {
  if (type === 'application/json-patch+json')
    return applyJsonPatch(before, body as Parameters<typeof applyJsonPatch>[1]);
  if (type === 'application/merge-patch+json') return applyMergePatch(before, body);
  throw new Refusal(415, 'UnsupportedMediaType', `the body of the request was in an unknown format: ${type}`);
}

/** SelfSubjectAccessReview: what `deny` has not taken away is allowed. */
function review(body: unknown, { denied }: Known): Answer {
  const { spec } = body as { spec: { resourceAttributes: Record<string, string> } };
  const { verb = '', resource = '', subresource } = spec.resourceAttributes;
  const what = subresource === undefined ? resource : `${resource}/${subresource}`;
  const allowed = !denied.has(`${verb} ${what}`);
  return { status: 201, json: { kind: 'SelfSubjectAccessReview', spec, status: { allowed } } };
}

async function readAll(request: IncomingMessage): Promise<string> {
  let text = '';
  for await (const chunk of request) text += String(chunk);
  return text;
}

function parseBody(text: string): unknown {
  if (text === '') return undefined;
  try {
    return JSON.parse(text);
  } catch {
    throw new Refusal(400, 'BadRequest', 'the object provided is unrecognized (must be of type Status)');
  }
}

function describe(error: unknown): [status: number, text: string] {
  if (!(error instanceof Refusal)) return [500, JSON.stringify({ kind: 'Status', message: String(error) })];
  const { status, reason, message } = error;
  return [status, JSON.stringify({ kind: 'Status', status: 'Failure', message, reason, code: status })];
}

function respond(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(text);
}
