import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import type { KubernetesClient } from '../../../src/system/kubernetes.ts';
import { addresses } from './addresses.ts';
import { type Component, until } from './component.ts';
import type { ControlPlane } from './control-plane.ts';
import type { Namespace } from './namespace.ts';
import type { ClusterPrograms } from './programs.ts';

/** The definitions of the Gateway API; resolves when the API server serves them. */
export async function installGatewayApi(client: KubernetesClient, crds: string): Promise<void> {
  // Beside the definitions there is a policy, which no test needs.
  const files = (await readdir(crds)).filter(
    (name) => /^gateway\.networking\.k8s\.io_\w+\.yaml$/.test(name) && !name.includes('_vap_'),
  );
  await Promise.all(files.map(async (name) => installDefinition(client, await readFile(join(crds, name), 'utf8'))));
}

interface Definition {
  readonly metadata: { readonly name: string };
}

export async function installDefinition(client: KubernetesClient, yaml: string): Promise<void> {
  const definition = parse(yaml) as Definition;
  const path = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';
  await client.request('POST', path, { json: definition });
  await until(`the definition ${definition.metadata.name}`, 20_000, async () => {
    const { status } = (await client.request('GET', `${path}/${definition.metadata.name}`)) as {
      readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
    };
    const isServed = status?.conditions?.some((each) => each.type === 'Established' && each.status === 'True');
    return isServed === true ? true : undefined;
  });
}

export interface GatewayOptions {
  /** Traefik collects changes for so long before it applies them. Its default is 2 s. */
  readonly throttleMs: number;
}

/** Traefik as implementation of the Gateway API, with a Gateway `public` that accepts the routes of its namespace. */
export async function startGateway(
  namespace: Namespace,
  programs: ClusterPrograms,
  { kubeconfig, client }: ControlPlane,
  { throttleMs }: GatewayOptions,
): Promise<Component> {
  const { users } = JSON.parse(await readFile(kubeconfig, 'utf8')) as { users: [{ user: { token: string } }] };
  const gateway = '--providers.kubernetesgateway';
  const component = namespace.start('traefik', [
    programs.traefik,
    '--global.checknewversion=false',
    '--global.sendanonymoususage=false',
    '--entrypoints.web.address=:8000',
    '--entrypoints.selected.address=:8001',
    '--entrypoints.blue.address=:8002',
    '--entrypoints.green.address=:8003',
    '--entrypoints.traefik.address=127.0.0.1:8090',
    '--ping=true',
    '--metrics.prometheus=true',
    '--metrics.prometheus.addserviceslabels=true',
    `${gateway}=true`,
    `${gateway}.endpoint=${addresses.apiServer}`,
    `${gateway}.token=${users[0].user.token}`,
    `${gateway}.certauthfilepath=${namespace.folder}/apiserver/apiserver.crt`,
    `${gateway}.statusaddress.ip=127.0.0.1`,
    `--providers.providersthrottleduration=${throttleMs}ms`,
  ]);
  const { request } = client;
  const group = 'gateway.networking.k8s.io/v1';
  await request('POST', `/apis/${group}/gatewayclasses`, {
    json: {
      apiVersion: group,
      kind: 'GatewayClass',
      metadata: { name: 'traefik' },
      spec: { controllerName: 'traefik.io/gateway-controller' },
    },
  });
  await request('POST', `/apis/${group}/namespaces/default/gateways`, {
    json: {
      apiVersion: group,
      kind: 'Gateway',
      metadata: { name: 'public' },
      spec: {
        gatewayClassName: 'traefik',
        listeners: Object.entries({ web: 8000, selected: 8001, blue: 8002, green: 8003 }).map(([name, port]) => ({
          name,
          port,
          protocol: 'HTTP',
          allowedRoutes: { namespaces: { from: 'All' } },
        })),
      },
    },
  });
  await until('Traefik', 30_000, () => isAnswering('http://127.0.0.1:8090/ping'), [component]);
  return component;
}

const isAnswering = (address: string) =>
  fetch(address).then(
    ({ ok }) => (ok ? (true as const) : undefined),
    () => undefined,
  );
