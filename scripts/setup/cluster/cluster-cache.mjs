import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { projectRoot, userCache } from '../folders.mjs';

export const kubernetesVersion = '1.34.4';
export const traefikVersion = '3.7.13';
export const clusterSources = join(projectRoot, 'scripts/setup/cluster');

/** Everything that decides what the programs are: the pinned modules, our own Go sources, and how they are built. */
const sources = [
  'kubernetes/go.mod',
  'kubernetes/go.sum',
  'kubernetes/main.go',
  'traefik/go.mod',
  'traefik/go.sum',
  'traefik/ext/go.mod',
  'traefik/ext/ext.go',
  'traefik/lego-dns.go.txt',
  'pause/go.mod',
  'pause/main.go',
  'build-cluster.mjs',
];

/** Other pinned sources or another system give another folder, so that no checkout gets a program that it did not pin. */
export async function clusterFolder() {
  const hash = createHash('sha256').update(
    `${kubernetesVersion} ${traefikVersion} ${process.platform}-${process.arch}\n`,
  );
  for (const name of sources) hash.update(await readFile(join(clusterSources, name)));
  return join(userCache(), 'cluster', hash.digest('hex').slice(0, 16));
}

/** Where Debian's packages are unpacked that the machine does not have. */
export const unpackedFolder = (name) => join(userCache(), name);
