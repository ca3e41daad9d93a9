import { userCache } from '../folders.mjs';
import { acquireLock } from '../lock.mjs';
import { installDebianPackage, unpackDebianPackage } from '../debian.mjs';
import { makePrivateFolder } from '../private-cache.mjs';
import { lastLines, run, SetupError } from '../progress.mjs';
import { buildCluster } from './build-cluster.mjs';
import { clusterFolder, unpackedFolder } from './cluster-cache.mjs';
import { builtPrograms, findCluster } from './find-cluster.mjs';

/** What the machine itself does not allow; undefined where it does. Tried and not guessed: root in a container may lack it. */
export async function unfitMachine({ unshare }) {
  if (process.platform !== 'linux') return `Linux is needed, this is ${process.platform}`;
  if (process.getuid?.() !== 0) return 'root is needed, for a kubelet and for namespaces';
  if (unshare === undefined) return undefined;
  const tried = await run(unshare, ['--net', '--mount', '--pid', '--fork', 'true'], { timeoutMs: 10_000 });
  return tried.ok ? undefined : `no namespaces: ${lastLines(tried.stderr, 1)}`;
}

/** Unpacks, installs and builds what the cluster tests need and the machine does not have. Throws SetupError. */
export async function installCluster() {
  const unfit = await unfitMachine((await findCluster()).programs);
  if (unfit !== undefined) throw new SetupError(`the cluster tests cannot run here: ${unfit}`);
  await makePrivateFolder(userCache(), await clusterFolder());
  // Every checkout of this user shares the cache: one builds, the others wait and then use it.
  const release = await acquireLock(`${await clusterFolder()}.lock`);
  try {
    await installPackages((await findCluster()).missing);
    const built = [...builtPrograms, 'crds'];
    const names = (await findCluster()).missing.map(({ name }) => name).filter((name) => built.includes(name));
    if (names.length > 0) await buildCluster(await clusterFolder(), names);
  } finally {
    await release();
  }
  const { missing } = await findCluster();
  if (missing.length > 0) throw new SetupError(`the cluster tests lack ${missing.map(({ name }) => name).join(', ')}`);
}

/** Packages with a service of their own are unpacked and not installed. */
const unpackable = ['containerd', 'runc', 'containernetworking-plugins'];

async function installPackages(missing) {
  const packages = new Set(missing.flatMap(({ package: name }) => name ?? []));
  for (const name of packages) {
    const why = 'the cluster tests need it';
    const got = unpackable.includes(name)
      ? await unpackDebianPackage(name, unpackedFolder(name), why)
      : await installDebianPackage(name, why);
    if (!got)
      throw new SetupError(`the cluster tests need Debian's package ${name}, and it could not be had`, [
        `sudo apt-get install ${name}`,
      ]);
  }
}
