import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { chmod, copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { releases } from '../../../sandbox/releases.ts';
import { freetaskImage, releaseThatCannotStart, versionOf } from './freetask-objects.ts';
import { pauseImage } from './node.ts';
import type { ClusterPrograms } from './programs.ts';

const run = promisify(execFile);
const projectRoot = join(import.meta.dirname, '../../..');

/** What `images.ts` writes: files of the image by their absolute path in it, each layer apart. */
export interface Image {
  readonly tags: readonly string[];
  readonly entrypoint: readonly string[];
  readonly workingDir?: string;
  /** Each layer: what to put into its root folder. */
  readonly layers: readonly ((root: string) => Promise<void>)[];
}

/** An archive as `docker save` writes it, without an engine and without a registry. Returns its path. */
export async function writeImage(folder: string, { tags, entrypoint, workingDir, layers }: Image): Promise<string> {
  const aside = await mkdtemp(join(folder, 'image-'));
  const digests: string[] = [];
  const names: string[] = [];
  for (const [index, fill] of layers.entries()) {
    const root = join(aside, 'root');
    await mkdir(root, { mode: 0o755 });
    await fill(root);
    const name = `layer-${index}.tar`;
    const owned = ['--sort=name', '--owner=0', '--group=0', '--numeric-owner', '--mtime=@0'];
    await run('tar', [...owned, '-C', root, '-cf', join(aside, name), '.']);
    await rm(root, { recursive: true });
    digests.push(`sha256:${await sha256(join(aside, name))}`);
    names.push(name);
  }
  const config = {
    architecture: { x64: 'amd64', arm64: 'arm64' }[process.arch as string] ?? process.arch,
    os: 'linux',
    config: { Env: ['PATH=/usr/bin:/bin'], Entrypoint: entrypoint, WorkingDir: workingDir ?? '/' },
    rootfs: { type: 'layers', diff_ids: digests },
    history: digests.map(() => ({ created_by: 'tests/cluster/support/images.ts' })),
  };
  await writeFile(join(aside, 'config.json'), JSON.stringify(config));
  const manifest = [{ Config: 'config.json', RepoTags: tags, Layers: names }];
  await writeFile(join(aside, 'manifest.json'), JSON.stringify(manifest));
  const archive = join(folder, `${basename(aside)}.tar`);
  await run('tar', ['-C', aside, '-cf', archive, 'manifest.json', 'config.json', ...names]);
  await rm(aside, { recursive: true });
  return archive;
}

async function sha256(path: string): Promise<string> {
  const hash = createHash('sha256');
  await pipeline(createReadStream(path), hash);
  return hash.digest('hex');
}

export const pauseContent = ({ pause }: ClusterPrograms): Image => ({
  tags: [pauseImage],
  entrypoint: ['/pause'],
  layers: [(root) => copyFile(pause, join(root, 'pause'))],
});

/** The name and the places of k6's own image, so that a manifest for that one works here too. */
export const k6Content = ({ k6 }: ClusterPrograms): Image => ({
  tags: ['docker.io/grafana/k6:2.2.0'],
  entrypoint: ['k6'],
  workingDir: '/home/k6',
  layers: [
    async (root) => {
      for (const folder of ['usr/bin', 'home/k6', 'tmp']) await mkdir(join(root, folder), { recursive: true });
      await copyFile(k6, join(root, 'usr/bin/k6'));
      // Its runners are no root, and the cache of this user is private.
      await chmod(join(root, 'usr/bin/k6'), 0o755);
    },
  ],
});

/** One image under the tag of each release of the catalogue: what a release does is decided by its name. */
const freetaskTags = [...releases.map(({ name }) => name), releaseThatCannotStart].map(
  (release) => `docker.io/${freetaskImage}:${versionOf(release)}`,
);

/** The sandbox's API: Node with its libraries, and the program in one file. */
export const freetaskContent = (): Image => ({
  tags: freetaskTags,
  entrypoint: ['/node', '--max-old-space-size=192', '/api/instance.mjs'],
  layers: [nodeLayer, apiLayer],
});

async function nodeLayer(root: string): Promise<void> {
  const { stdout } = await run('ldd', [process.execPath]);
  const libraries = [...stdout.matchAll(/(\/\S+) \(0x/g)].map((match) => match[1] ?? '');
  for (const file of libraries) {
    await mkdir(join(root, dirname(file)), { recursive: true });
    await copyFile(file, join(root, file));
  }
  await mkdir(join(root, 'tmp'));
  await copyFile(process.execPath, join(root, 'node'));
}

async function apiLayer(root: string): Promise<void> {
  await build({
    absWorkingDir: projectRoot,
    entryPoints: ['sandbox/api/instance.ts'],
    outfile: join(root, 'api/instance.mjs'),
    bundle: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    // Loaded only where an error is reported, or never.
    external: ['@sentry/node', 'pg-native'],
    banner: {
      js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
    },
    logLevel: 'silent',
  });
}
