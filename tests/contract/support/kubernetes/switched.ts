import type { AddressInfo } from 'node:net';
import type { ServiceSelectorSettings } from '../../../../src/core/drivers.ts';
import { createRouter } from '../../../../src/routers/index.ts';
import { type ApiServerDouble, startApiServer } from './api-server.ts';
import { type Answer, answerOf } from './gateway-controller.ts';
import { listen, type PodDouble, startEndpointController } from './pods.ts';
import { endpointSlices, pods as podResource, services } from './resources.ts';
import { startPods } from './routed.ts';

/** Two colours behind one Service, which selects blue. */
export interface Switched extends AsyncDisposable {
  readonly api: ApiServerDouble;
  readonly url: string;
  readonly pods: readonly PodDouble[];
  readonly selector: () => unknown;
  /** In the place of kube-proxy. */
  answerBy: (() => Answer) | undefined;
}

export async function startSwitched(
  settings: { readonly releases?: { readonly blue: string; readonly green: string }; readonly delayMs?: number } = {},
): Promise<Switched> {
  const api = await startApiServer([services, endpointSlices, podResource]);
  const { objects, namespace } = api;
  startEndpointController(objects, namespace, settings.delayMs);
  objects.create(services, namespace, {
    metadata: { name: 'freetask' },
    spec: { selector: { app: 'freetask', colour: 'blue' }, ports: [{ name: 'http', port: 80 }] },
  });
  const pods = await startPods(api, settings.releases ?? { blue: 'freetask@1.0.0', green: 'freetask@1.1.0' });
  let turn = 0;
  const front = await listen((_, response) => {
    turn += 1;
    const { status, headers } = switched.answerBy?.() ?? answerOf('freetask', { objects, namespace, pods, turn });
    response.writeHead(status, headers).end();
  });
  const switched: Switched = {
    api,
    url: `http://127.0.0.1:${(front.address() as AddressInfo).port}/healthz`,
    pods,
    selector: () => objects.get(services, namespace, 'freetask').spec?.['selector'],
    answerBy: undefined,
    [Symbol.asyncDispose]: async () => {
      for (const pod of pods) pod.stop();
      front.closeAllConnections();
      front.close();
      await api[Symbol.asyncDispose]();
    },
  };
  while (objects.list(endpointSlices, namespace).length < 2) await new Promise((resolve) => setTimeout(resolve, 5));
  return switched;
}

/** `selector: undefined` leaves it out: one Deployment. */
export function selectorRouterOf(
  { api, url }: Switched,
  changes: Partial<ServiceSelectorSettings> | { readonly selector: undefined } = {},
) {
  const { selector, ...rest } = {
    selector: { label: 'colour', blue: 'blue', green: 'green' },
    timeoutMs: 10_000,
    ...changes,
  };
  return createRouter(
    {
      driver: 'service-selector',
      cluster: { kubeconfig: api.kubeconfig },
      service: 'freetask',
      probe: { url, header: 'x-release' },
      ...rest,
      ...(selector ? { selector } : {}),
    },
    { env: {}, cwd: import.meta.dirname },
  );
}
