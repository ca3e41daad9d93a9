import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { findK6, onPath } from '../find-tools.mjs';
import { userCache } from '../folders.mjs';
import { isPrivateProgram } from '../private-cache.mjs';
import { clusterFolder, unpackedFolder } from './cluster-cache.mjs';

/** Programs of Debian's packages: on the PATH, or unpacked in the user's cache. */
export const debianPrograms = {
  containerd: ['containerd', 'usr/bin/containerd'],
  'containerd-shim-runc-v2': ['containerd', 'usr/bin/containerd-shim-runc-v2'],
  ctr: ['containerd', 'usr/bin/ctr'],
  runc: ['runc', 'usr/sbin/runc'],
};
const networkPackage = 'containernetworking-plugins';
const networkFolder = 'usr/lib/cni';
/** Of the base system: which package has them. */
const baseProgramPackages = {
  unshare: 'util-linux',
  nsenter: 'util-linux',
  ip: 'iproute2',
  tar: 'tar',
  ldd: 'libc-bin',
};
export const builtPrograms = ['kubernetes', 'traefik', 'pause'];
const systemFolders = ['/usr/sbin', '/sbin'];

/**
 * The programs of the cluster tests as they are there; nothing is installed. `missing` names what is not.
 * @returns {Promise<{ programs: Record<string, string>, missing: { name: string, package?: string }[] }>}
 */
export async function findCluster() {
  const programs = {};
  const missing = [];
  const note = (name, path, debianPackage) => {
    if (path === undefined) missing.push({ name, ...(debianPackage === undefined ? {} : { package: debianPackage }) });
    else programs[name] = path;
  };
  for (const [name, debianPackage] of Object.entries(baseProgramPackages))
    note(name, await onPath([name], systemFolders), debianPackage);
  for (const [name, [debianPackage, path]] of Object.entries(debianPrograms))
    note(name, (await onPath([name], systemFolders)) ?? (await unpacked(debianPackage, path)), debianPackage);
  note('cni', await findNetworkPlugins(), networkPackage);
  const folder = await clusterFolder();
  for (const name of builtPrograms) note(name, await privateProgram(join(folder, name)));
  note('crds', await readable(join(folder, 'gateway-api')));
  note('k6', (await findK6())?.path);
  return { programs, missing };
}

/** Not by the PATH: iproute2 has another program of the name `bridge`. */
async function findNetworkPlugins() {
  for (const folder of ['/usr/lib/cni', '/opt/cni/bin']) if (await readable(join(folder, 'host-local'))) return folder;
  const plugin = await unpacked(networkPackage, join(networkFolder, 'bridge'));
  return plugin && join(plugin, '..');
}

const unpacked = (debianPackage, path) => privateProgram(join(unpackedFolder(debianPackage), path));
const privateProgram = async (path) => ((await isPrivateProgram(userCache(), path)) ? path : undefined);
const readable = (path) =>
  access(path, constants.R_OK).then(
    () => path,
    () => undefined,
  );
