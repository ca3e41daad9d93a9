import { chmod, copyFile, cp, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { onPath, versionOf } from '../find-tools.mjs';
import { lastLines, run, SetupError, step } from '../progress.mjs';
import { clusterSources, kubernetesVersion, traefikVersion } from './cluster-cache.mjs';

/** The module of Traefik without its DNS providers: their modules are many, and some cannot be had. */
const lego = {
  path: 'github.com/go-acme/lego/v5',
  version: 'v5.4.1',
  sum: 'h1:Jt6xAP9xQrJ3SLLGgxejfDDd3pzdrmuLCWe4oTqHHQc=',
};
const gatewayApi = { path: 'sigs.k8s.io/gateway-api', definitions: 'config/crd/standard' };
/** On two busy cores Kubernetes has taken 660 s. */
const buildMs = 40 * 60_000;

const definitions = {
  kubernetes: {
    title: `Kubernetes ${kubernetesVersion}`,
    target: '.',
    variables: {
      'k8s.io/component-base/version.gitMajor': '1',
      'k8s.io/component-base/version.gitMinor': kubernetesVersion.split('.')[1],
      'k8s.io/component-base/version.gitVersion': `v${kubernetesVersion}`,
    },
    version: [['kubelet', '--version'], /v(\d+\.\d+\.\d+)/, kubernetesVersion],
    usual: '5 minutes',
  },
  traefik: {
    title: `Traefik ${traefikVersion}`,
    target: 'github.com/traefik/traefik/v3/cmd/traefik',
    variables: { 'github.com/traefik/traefik/v3/pkg/version.Version': traefikVersion },
    version: [['version'], /Version:\s+(\d+\.\d+\.\d+)/, traefikVersion],
    usual: '4 minutes',
  },
  pause: { title: 'the pause program', target: '.', variables: {}, usual: 'seconds' },
};

/** Builds what is missing into `folder`, each program aside first. Throws SetupError. */
export async function buildCluster(folder, missing) {
  const go = await onPath(['go'], ['/usr/local/go/bin']);
  if (!go)
    throw new SetupError('the cluster tests need Kubernetes and Traefik, and there is no Go to build them', [
      'install Go 1.26 or newer',
    ]);
  const aside = join(folder, 'unfinished');
  await rm(aside, { recursive: true, force: true });
  await mkdir(aside, { recursive: true, mode: 0o700 });
  try {
    for (const name of Object.keys(definitions))
      if (missing.includes(name)) await buildProgram(go, name, { folder, aside });
    if (missing.includes('crds')) await copyDefinitions(go, { folder, aside });
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

const environment = {
  ...process.env,
  CGO_ENABLED: '0',
  GOFLAGS: '-mod=readonly -buildvcs=false -modcacherw',
  GOTOOLCHAIN: 'local',
};

async function buildProgram(go, name, { folder, aside }) {
  const { title, target, variables, version, usual } = definitions[name];
  const sources = join(aside, `${name}-sources`);
  await cp(join(clusterSources, name), sources, { recursive: true });
  const program = join(aside, name);
  const settings = Object.entries(variables).map(([variable, value]) => `-X ${variable}=${value}`);
  const args = ['build', '-trimpath', '-ldflags', ['-s -w', ...settings].join(' '), '-o', program, target];
  await step(
    `cluster tests: building ${title} with Go from pinned sources (once per user, about ${usual})`,
    async () => {
      if (name === 'traefik') await copyLego(go, sources);
      await succeed(go, args, sources);
    },
  );
  await chmod(program, 0o700);
  if (version) {
    const [command, pattern, wanted] = version;
    const found = await versionOf(program, command, pattern);
    if (found !== wanted) throw new SetupError(`the built ${title} answers with version ${found ?? 'none'}`);
  }
  await rename(program, join(folder, name));
}

/** Traefik's go.mod names `./lego`: the pinned module, and one file in the place of its providers. */
async function copyLego(go, sources) {
  const { Dir, Sum } = JSON.parse(
    await succeed(go, ['mod', 'download', '-json', `${lego.path}@${lego.version}`], sources),
  );
  if (Sum !== lego.sum) throw new SetupError(`${lego.path}@${lego.version} has the sum ${Sum}, ${lego.sum} is pinned`);
  const copy = join(sources, 'lego');
  const left = ['cmd', 'e2e', 'main.go', 'providers/dns'].map((path) => join(Dir, path));
  await cp(Dir, copy, { recursive: true, filter: (path) => !left.includes(path) });
  await mkdir(join(copy, 'providers/dns'));
  await copyFile(join(sources, 'lego-dns.go.txt'), join(copy, 'providers/dns/dns.go'));
}

/** The definitions of the Gateway API, of the version that Traefik is built with. */
async function copyDefinitions(go, { folder, aside }) {
  const sources = join(clusterSources, 'traefik');
  const { Dir } = JSON.parse(await succeed(go, ['mod', 'download', '-json', gatewayApi.path], sources));
  const copy = join(aside, 'gateway-api');
  await cp(join(Dir, gatewayApi.definitions), copy, { recursive: true });
  await rename(copy, join(folder, 'gateway-api'));
}

async function succeed(go, args, cwd) {
  const result = await run(go, args, { cwd, env: environment, timeoutMs: buildMs });
  if (!result.ok)
    throw new SetupError(`go ${args[0]} ${args[1]} failed:\n${lastLines(result.stderr || result.stdout)}`);
  return result.stdout;
}
