import { execFile } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { KubernetesClient } from '../../../src/system/kubernetes.ts';
import { addresses } from './addresses.ts';
import { type Component, until } from './component.ts';
import type { Namespace } from './namespace.ts';
import type { ClusterPrograms } from './programs.ts';

const run = promisify(execFile);
export const pauseImage = 'shiproom.test/pause:1';

export interface Containerd {
  readonly component: Component;
  readonly importImage: (tar: string) => Promise<void>;
}

export async function startContainerd(namespace: Namespace, programs: ClusterPrograms): Promise<Containerd> {
  const folder = join(namespace.folder, 'containerd');
  await mkdir(join(namespace.folder, 'cni'), { recursive: true });
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'config.toml'), containerdConfig(namespace.folder, programs.cni));
  await writeFile(join(namespace.folder, 'cni/10-pods.conflist'), JSON.stringify(podNetwork(namespace.folder)));
  const folders = [programs.containerd, programs['containerd-shim-runc-v2'], programs.runc].map((path) =>
    dirname(path),
  );
  const env = { ...process.env, PATH: [...folders, process.env['PATH'], '/usr/sbin', '/sbin'].join(delimiter) };
  const command = [programs.containerd, '--config', join(folder, 'config.toml')] as const;
  const component = namespace.start('containerd', command, env);
  const ctr = (...args: string[]) => runCtr({ ...namespace, ctr: programs.ctr }, args);
  const answers = () =>
    ctr('version').then(
      () => true as const,
      () => undefined,
    );
  await until('containerd', 30_000, answers, [component]);
  return {
    component,
    importImage: async (tar) => void (await ctr('images', 'import', tar)),
  };
}

interface ContainerdAccess {
  readonly folder: string;
  readonly enter: readonly string[];
  readonly ctr: string;
}

function runCtr({ folder, enter: [enter = '', ...words], ctr }: ContainerdAccess, args: readonly string[]) {
  return run(enter, [...words, ctr, '-a', join(folder, 'containerd/containerd.sock'), '-n', 'k8s.io', ...args]);
}

/** SIGKILL to the first process of a container, as the kernel ends one that is out of memory. */
export async function killContainer(access: ContainerdAccess, id: string): Promise<void> {
  await runCtr(access, ['task', 'kill', '-s', 'SIGKILL', id.replace('containerd://', '')]);
}

const containerdConfig = (folder: string, plugins: string) => `
version = 2
root = "${folder}/containerd/root"
state = "${folder}/containerd/state"
[grpc]
  address = "${folder}/containerd/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/containerd/opt"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pauseImage}"
  restrict_oom_score_adj = true
  [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
    runtime_type = "io.containerd.runc.v2"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
      SystemdCgroup = false
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${plugins}"
    conf_dir = "${folder}/cni"
`;

const podNetwork = (folder: string) => ({
  cniVersion: '0.4.0',
  name: 'pods',
  plugins: [
    {
      type: 'bridge',
      bridge: 'pods0',
      isGateway: true,
      ipMasq: false,
      hairpinMode: true,
      ipam: {
        type: 'host-local',
        dataDir: join(folder, 'addresses'),
        ranges: [[{ subnet: addresses.podNetwork }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
});

export const nodeName = 'node-1';

/** Resolves when the node is ready. */
export async function startKubelet(
  namespace: Namespace,
  kubernetes: string,
  { kubeconfig, client }: { readonly kubeconfig: string; readonly client: KubernetesClient },
): Promise<Component> {
  const config = join(namespace.folder, 'kubelet.json');
  await writeFile(config, JSON.stringify(kubeletConfig(namespace), null, 2));
  const component = namespace.start('kubelet', [
    kubernetes,
    'kubelet',
    `--config=${config}`,
    `--kubeconfig=${kubeconfig}`,
    `--root-dir=${namespace.folder}/kubelet`,
    `--cert-dir=${namespace.folder}/kubelet-pki`,
    `--hostname-override=${nodeName}`,
    `--node-ip=${addresses.node}`,
    '--node-labels=topology.kubernetes.io/zone=a',
  ]);
  const isReady = async () => {
    const node = (await client.request('GET', `/api/v1/nodes/${nodeName}`).catch(() => undefined)) as
      | { readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] } }
      | undefined;
    const ready = node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True');
    return ready === true ? true : undefined;
  };
  await until('the node', 60_000, isReady, [component]);
  return component;
}

const kubeletConfig = ({ folder, cgroup }: Namespace) => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: '0.0.0.0',
  port: 10_250,
  healthzPort: 0,
  readOnlyPort: 0,
  // Reachable inside of the network namespace alone.
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: 'AlwaysAllow' },
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${cgroup}`,
  enforceNodeAllocatable: [],
  failSwapOn: false,
  failCgroupV1: false,
  containerRuntimeEndpoint: `unix://${folder}/containerd/containerd.sock`,
  imageGCHighThresholdPercent: 100,
  imageGCLowThresholdPercent: 99,
  evictionHard: {
    'memory.available': '50Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '0%',
    'imagefs.available': '1%',
  },
  resolvConf: '',
  nodeStatusUpdateFrequency: '2s',
  volumePluginDir: `${folder}/volume-plugins`,
  maxPods: 60,
  makeIPTablesUtilChains: false,
  podLogsDir: `${folder}/pod-logs`,
  // With it the kubelet panicked once in 22 starts.
  featureGates: { DynamicResourceAllocation: false },
});
