import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type KubernetesClient, openKubernetes } from '../../../src/system/kubernetes.ts';
import { addresses } from './addresses.ts';
import { until } from './component.ts';
import type { Namespace } from './namespace.ts';

export interface ControlPlane {
  readonly kubeconfig: string;
  readonly client: KubernetesClient;
}

/** etcd, API server, controllers and scheduler; resolves when the controllers work. */
export async function startControlPlane(namespace: Namespace, kubernetes: string): Promise<ControlPlane> {
  const at = (name: string) => join(namespace.folder, name);
  const token = randomBytes(16).toString('hex');
  const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  await Promise.all([
    writeFile(at('tokens.csv'), `${token},admin,admin,"system:masters"\n`, { mode: 0o600 }),
    writeFile(at('sa.key'), key.privateKey.export({ type: 'sec1', format: 'pem' }), { mode: 0o600 }),
    writeFile(at('sa.pub'), key.publicKey.export({ type: 'spki', format: 'pem' })),
  ]);
  const etcd = namespace.start('etcd', [kubernetes, 'etcd', ...etcdFlags(at('etcd'))]);
  const server = namespace.start('kube-apiserver', [kubernetes, 'kube-apiserver', ...apiServerFlags(at)]);
  const kubeconfig = await writeKubeconfig(at, token);
  const client = await openKubernetes({ kubeconfig, namespace: 'default', timeoutMs: 30_000 }).connect();
  const answers = (path: string) =>
    client.request('GET', path).then(
      () => true as const,
      () => undefined,
    );
  await until('the API server', 60_000, () => answers('/api/v1/namespaces/kube-system'), [etcd, server]);
  const controllers = namespace.start('kube-controller-manager', [
    kubernetes,
    'kube-controller-manager',
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    `--service-account-private-key-file=${at('sa.key')}`,
    `--root-ca-file=${at('apiserver/apiserver.crt')}`,
    '--bind-address=127.0.0.1',
    `--cert-dir=${at('controllers')}`,
  ]);
  const scheduler = namespace.start('kube-scheduler', [
    kubernetes,
    'kube-scheduler',
    `--kubeconfig=${kubeconfig}`,
    '--leader-elect=false',
    '--bind-address=127.0.0.1',
    `--cert-dir=${at('scheduler')}`,
  ]);
  const account = '/api/v1/namespaces/default/serviceaccounts/default';
  await until('the controllers', 60_000, () => answers(account), [server, controllers, scheduler]);
  return { kubeconfig, client };
}

/** Nothing of it has to survive a failure of the machine. */
const etcdFlags = (folder: string) => [
  `--data-dir=${folder}`,
  '--unsafe-no-fsync',
  '--listen-client-urls=http://127.0.0.1:2379',
  '--advertise-client-urls=http://127.0.0.1:2379',
  '--listen-peer-urls=http://127.0.0.1:2380',
  '--initial-advertise-peer-urls=http://127.0.0.1:2380',
  '--initial-cluster=default=http://127.0.0.1:2380',
  '--log-level=warn',
];

/** It signs a certificate of its own, whose authority stands in the same file. */
const apiServerFlags = (at: (name: string) => string) => [
  '--etcd-servers=http://127.0.0.1:2379',
  '--bind-address=0.0.0.0',
  '--secure-port=443',
  '--advertise-address=127.0.0.1',
  '--endpoint-reconciler-type=none',
  `--cert-dir=${at('apiserver')}`,
  `--token-auth-file=${at('tokens.csv')}`,
  '--authorization-mode=Node,RBAC',
  // The name of the node leads nowhere.
  '--kubelet-preferred-address-types=InternalIP',
  '--allow-privileged=true',
  // The name of the node is in no DNS, and logs are read from its kubelet.
  '--kubelet-preferred-address-types=InternalIP',
  '--service-account-issuer=https://kubernetes.default.svc',
  `--service-account-key-file=${at('sa.pub')}`,
  `--service-account-signing-key-file=${at('sa.key')}`,
  `--service-cluster-ip-range=${addresses.serviceNetwork}`,
];

async function writeKubeconfig(at: (name: string) => string, token: string): Promise<string> {
  const authority = await until('the certificate of the API server', 30_000, () =>
    readFile(at('apiserver/apiserver.crt'), 'utf8').then(
      (text) => (text.split('-----END CERTIFICATE-----').length > 2 ? text : undefined),
      () => undefined,
    ),
  );
  const config = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'test',
        cluster: {
          server: addresses.apiServer,
          'certificate-authority-data': Buffer.from(authority).toString('base64'),
        },
      },
    ],
    users: [{ name: 'admin', user: { token } }],
    contexts: [{ name: 'test', context: { cluster: 'test', user: 'admin', namespace: 'default' } }],
    'current-context': 'test',
  };
  const path = at('kubeconfig');
  // YAML that is JSON too.
  await writeFile(path, JSON.stringify(config, null, 2), { mode: 0o600 });
  return path;
}
