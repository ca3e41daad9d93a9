import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { KubernetesObject, ObjectStore } from './objects.ts';
import { endpointSlices, pods as podResource, services } from './resources.ts';

/** A pod as a process that answers with its release; its object and its endpoints are in the API server double. */
export interface PodDouble {
  readonly name: string;
  /** The same of all pods, each at an address of its own. */
  readonly port: number;
  readonly answer: () => { readonly status: number; readonly headers: Readonly<Record<string, string>> };
  /** No longer ready: its endpoints follow after a moment. */
  readonly setReady: (ready: boolean) => void;
  readonly stop: () => void;
}

export interface PodSettings {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** undefined: its answers name none. */
  readonly release: string | undefined;
  readonly ready?: boolean;
  /** Absent: any. */
  readonly port?: number;
}

export async function startPod(
  objects: ObjectStore,
  namespace: string,
  { name, labels, release, ready = true, port: wanted = 0 }: PodSettings,
): Promise<PodDouble> {
  const answer = () => ({ status: 200, headers: release === undefined ? {} : { 'x-release': release } });
  const podIP = `127.${[201, 255, 255].map((most) => 1 + Math.floor(Math.random() * (most - 1))).join('.')}`;
  const server = await listen((_, response) => response.writeHead(200, answer().headers).end('ok'), podIP, wanted);
  const { port } = server.address() as AddressInfo;
  const statusOf = (isReady: boolean) => ({
    phase: 'Running',
    podIP,
    conditions: [{ type: 'Ready', status: isReady ? 'True' : 'False' }],
  });
  const annotations = { port: String(port) };
  objects.create(podResource, namespace, {
    metadata: { name, labels, annotations },
    spec: {},
    status: statusOf(ready),
  });
  return {
    name,
    port,
    answer,
    setReady: (isReady) => void objects.setStatus(podResource, namespace, name, statusOf(isReady)),
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

export async function listen(handler: RequestListener, address = '127.0.0.1', port = 0): Promise<Server> {
  const server = createServer(handler).listen(port, address);
  await once(server, 'listening');
  return server;
}

interface SliceStatus {
  readonly conditions?: readonly { readonly type: string; readonly status: string }[];
}

/** The EndpointSlice controller: one slice for each pod, a moment after a Service or a pod has changed (19 to 42 ms). */
export function startEndpointController(objects: ObjectStore, namespace: string, delayMs = 25): void {
  objects.listen((resource) => {
    if (resource.plural === 'services' || resource.plural === 'pods')
      setTimeout(() => reconcile(objects, namespace), delayMs);
  });
}

function reconcile(objects: ObjectStore, namespace: string): void {
  const wanted = new Map<string, ReturnType<typeof sliceOf>>();
  for (const service of objects.list(services, namespace)) {
    const selector = Object.entries((service.spec?.['selector'] ?? {}) as Readonly<Record<string, string>>);
    for (const pod of objects.list(podResource, namespace))
      if (selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value))
        wanted.set(`${service.metadata.name}-${pod.metadata.name}`, sliceOf(service, pod));
  }
  for (const { metadata } of objects.list(endpointSlices, namespace))
    if (metadata['managed'] === true && !wanted.has(metadata.name))
      objects.remove(endpointSlices, namespace, metadata.name);
  for (const [name, slice] of wanted) {
    const known = objects.find(endpointSlices, namespace, name);
    if (known) objects.update(endpointSlices, known, { ...known, ...slice });
    else objects.create(endpointSlices, namespace, { ...slice, metadata: { name, ...metadataOf(slice.serviceName) } });
  }
}

const metadataOf = (service: string) => ({
  managed: true,
  labels: { 'kubernetes.io/service-name': service },
  ownerReferences: [{ kind: 'Service', name: service }],
});

const portNameOf = ({ spec }: KubernetesObject): string | undefined =>
  (spec?.['ports'] as readonly { readonly name?: string }[] | undefined)?.[0]?.name;

function sliceOf(service: KubernetesObject, { metadata, status }: KubernetesObject) {
  const { conditions = [] } = (status ?? {}) as SliceStatus;
  const terminating = metadata.deletionTimestamp !== undefined;
  const ready = conditions.some(({ type, status: state }) => type === 'Ready' && state === 'True') && !terminating;
  return {
    serviceName: service.metadata.name,
    addressType: 'IPv4',
    ports: [{ name: portNameOf(service), port: Number(metadata.annotations?.['port']), protocol: 'TCP' }],
    endpoints: [
      {
        addresses: [String(status?.['podIP'])],
        // As the real controller does, what is ready says so by omission at times.
        conditions: ready ? {} : { ready, terminating },
        targetRef: { kind: 'Pod', name: metadata.name },
      },
    ],
  };
}
