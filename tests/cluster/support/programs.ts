import { findCluster } from '../../../scripts/setup/cluster/find-cluster.mjs';

export interface ClusterPrograms {
  readonly kubernetes: string;
  readonly traefik: string;
  readonly pause: string;
  readonly containerd: string;
  readonly 'containerd-shim-runc-v2': string;
  readonly ctr: string;
  readonly runc: string;
  readonly k6: string;
  /** The folder of the network plugins. */
  readonly cni: string;
  /** The folder of the definitions of the Gateway API. */
  readonly crds: string;
}

export async function clusterPrograms(): Promise<ClusterPrograms> {
  const { programs, missing } = await findCluster();
  if (missing.length > 0)
    throw new Error(
      `${missing.map(({ name }) => name).join(', ')} missing: npm run test:cluster builds what is missing`,
    );
  return programs as unknown as ClusterPrograms;
}
