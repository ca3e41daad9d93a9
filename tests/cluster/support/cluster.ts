import { randomBytes } from 'node:crypto';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type KubernetesClient, openKubernetes } from '../../../src/system/kubernetes.ts';
import { startControlPlane } from './control-plane.ts';
import { installGatewayApi, startGateway } from './gateway.ts';
import { freetaskContent, type Image, k6Content, pauseContent, writeImage } from './images.ts';
import { openNamespace, refuseOtherNetwork } from './namespace.ts';
import { type Containerd, startContainerd, startKubelet } from './node.ts';
import { type ClusterPrograms, clusterPrograms } from './programs.ts';

/** How another process of the same network reaches a cluster. */
export interface ClusterFacts {
  readonly kubeconfig: string;
  /** Everything of this cluster, its logs too; gone when it has stopped. */
  readonly folder: string;
  /** The words before a command that is to run in its namespaces. */
  readonly enter: readonly string[];
  readonly ctr: string;
  /** Traefik's process. */
  readonly gatewayPid: number;
}

export interface Cluster {
  readonly facts: ClusterFacts;
  /** As administrator, in the namespace `default`. */
  readonly client: KubernetesClient;
}

export interface OwnedCluster extends Cluster, AsyncDisposable {
  readonly stop: () => Promise<void>;
}

export async function connectCluster(facts: ClusterFacts): Promise<Cluster> {
  return { facts, client: await openKubernetes({ kubeconfig: facts.kubeconfig, timeoutMs: 30_000 }).connect() };
}

export interface ClusterOptions {
  /** Of Traefik's changes. Default 100 ms. */
  readonly throttleMs?: number;
  readonly log?: (text: string) => void;
}

/**
 * A Kubernetes of one node with a gateway, in the network namespace of this process. It ends with `stop`, or with the process.
 */
export async function startCluster({ throttleMs = 100, log = () => {} }: ClusterOptions = {}): Promise<OwnedCluster> {
  refuseOtherNetwork();
  const programs = await clusterPrograms();
  const id = randomBytes(4).toString('hex');
  const folder = await mkdtemp(join(tmpdir(), 'cluster-'));
  const namespace = await openNamespace(folder, `shiproom-${id}`);
  const startedAt = Date.now();
  const note = (text: string) => log(`${text} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  try {
    const [control] = await Promise.all([
      startControlPlane(namespace, programs.kubernetes).then(async (plane) => {
        note('API server and controllers');
        await installGatewayApi(plane.client, programs.crds);
        return plane;
      }),
      startContainerd(namespace, programs).then(async (engine) => {
        await importImages(folder, programs, engine);
        note('containerd with its images');
      }),
    ]);
    const [gateway] = await Promise.all([
      startGateway(namespace, programs, control, { throttleMs }),
      startKubelet(namespace, programs.kubernetes, control),
    ]);
    note('node and gateway');
    const { kubeconfig, client } = control;
    const { enter } = namespace;
    const facts = { kubeconfig, folder, enter, ctr: programs.ctr, gatewayPid: await gateway.pid() };
    return {
      facts,
      client,
      stop: namespace.stop,
      [Symbol.asyncDispose]: namespace.stop,
    };
  } catch (error) {
    await namespace.stop();
    throw error;
  }
}

async function importImages(folder: string, programs: ClusterPrograms, { importImage }: Containerd): Promise<void> {
  const images: Image[] = [pauseContent(programs), k6Content(programs), freetaskContent()];
  await Promise.all(images.map(async (image) => importImage(await writeImage(folder, image))));
}
