import { mkdir, readdir, readFile, readlink, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { listEntries } from './entries.mjs';
import { bundleOf, currentLink, manifestOf, markOf } from './inputs.mjs';
import { isInUse, makeUsersFolder, ownerLives } from './users.mjs';

/** Packages that are bundled too, because finding and opening their files takes most of a start. All others stay outside. */
const bundledPackages = new Set([
  '@fastify/rate-limit',
  '@fastify/static',
  '@fastify/websocket',
  'commander',
  'fastify',
  'jose',
  'log-update',
  'pg',
  'preact',
  'preact-render-to-string',
  'prom-client',
  'ws',
  'yaml',
  'zod',
  'zx',
]);
/** Files that decide how the others are bundled. */
const settings = ['package.json', 'tsconfig.json', 'scripts/launch/bundle.mjs', 'scripts/launch/entries.mjs'];
/** Two changes of a file may get the same time where they are closer together than the system's clock tick. */
const clockTickMs = 20;
const mostAttempts = 5;
/** A start has marked the bundle that it found as in use long before. */
const supersededMs = 60_000;

/**
 * Bundles every program of the project aside and makes that the bundle in use. Two processes may do so at once: each puts a
 * whole bundle in place. Throws esbuild's error where a source cannot be bundled.
 */
export async function buildBundle(cache, root) {
  const owner = `${process.pid}@${hostname()}`;
  const aside = join(cache, `unfinished-${owner}`);
  try {
    const manifests = await bundleSettled(aside, root);
    for (const [entry, manifest] of manifests)
      await writeFile(join(aside, manifestOf(entry)), JSON.stringify(manifest));
    makeUsersFolder(aside);
    const name = `bundle-${Date.now().toString(36)}-${process.pid}`;
    await rename(aside, join(cache, name));
    const link = join(cache, `link-${owner}`);
    const earlier = await readlink(currentLink(cache)).catch(() => undefined);
    await rm(link, { force: true });
    await symlink(name, link);
    await rename(link, currentLink(cache));
    if (earlier !== undefined) await writeFile(join(cache, earlier, 'superseded'), String(Date.now())).catch(() => {});
    await removeOld(cache, name);
  } finally {
    await rm(aside, { recursive: true, force: true });
  }
}

/** Bundles until no file was changed shortly before or meanwhile, so that each mark belongs to the text that was read. */
async function bundleSettled(aside, root) {
  for (let attempt = 1; ; attempt += 1) {
    await rm(aside, { recursive: true, force: true });
    await mkdir(aside, { recursive: true });
    const startedAt = Date.now();
    const { metafile } = await bundle(aside, root);
    const marks = new Map();
    for (const path of [...Object.keys(metafile.inputs), ...settings]) marks.set(path, markOf(join(root, path)));
    const changedAt = Math.max(...[...marks.values()].map((mark) => Number(mark.split(' ')[2] ?? 0)));
    if (changedAt < startedAt - clockTickMs || attempt === mostAttempts)
      return manifestsOf(metafile, marks, aside, root);
    await new Promise((wake) => setTimeout(wake, 2 * clockTickMs));
  }
}

async function bundle(outdir, root) {
  const { dependencies, devDependencies } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
  return build({
    absWorkingDir: root,
    entryPoints: listEntries(root),
    outdir,
    outbase: root,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    external: Object.keys({ ...dependencies, ...devDependencies }).filter((name) => !bundledPackages.has(name)),
    // CommonJS packages require Node's own modules.
    banner: {
      js: "import { createRequire as createBundleRequire } from 'node:module'; const require = createBundleRequire(import.meta.url);",
    },
    sourcemap: 'linked',
    sourcesContent: false,
    metafile: true,
    logLevel: 'silent',
    plugins: [keepOwnPaths(root)],
  });
}

/** A bundled module still gets the folder and the address of its source file. */
const keepOwnPaths = (root) => ({
  name: 'keep-own-paths',
  setup({ onLoad }) {
    const own = root.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
    onLoad({ filter: new RegExp(`^${own}/(src|scripts|sandbox)/.*\\.(ts|tsx|mjs)$`) }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta.')) return undefined;
      const contents = text
        .replaceAll('import.meta.dirname', JSON.stringify(dirname(path)))
        .replaceAll('import.meta.filename', JSON.stringify(path))
        .replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: path.endsWith('.tsx') ? 'tsx' : path.endsWith('.ts') ? 'ts' : 'js' };
    });
  },
});

/** For each program, the files that it and its parts were bundled from. */
function manifestsOf({ outputs }, marks, outdir, root) {
  const prefix = `${outdir.slice(root.length + 1)}/`;
  return listEntries(root).map((entry) => {
    const parts = new Set();
    const visit = (name) => {
      if (parts.has(name) || !outputs[name]) return;
      parts.add(name);
      for (const { path } of outputs[name].imports) visit(path);
    };
    visit(`${prefix}${bundleOf(entry)}`);
    const paths = new Set([...settings, ...[...parts].flatMap((name) => Object.keys(outputs[name].inputs))]);
    return [entry, { root, inputs: [...paths].map((path) => [path, marks.get(path)]) }];
  });
}

/** Removes bundles that no process uses any more, and what a killed build left. */
async function removeOld(cache, current) {
  for (const name of await readdir(cache)) {
    const path = join(cache, name);
    const old = name.startsWith('bundle-')
      ? name !== current && (await wasSuperseded(path)) && !isInUse(path)
      : /^(unfinished|link)-/.test(name) && !ownerLives(name, path);
    if (old) await rm(path, { recursive: true, force: true });
  }
}

async function wasSuperseded(path) {
  const at = Number(await readFile(join(path, 'superseded'), 'utf8').catch(() => Number.NaN));
  return Date.now() - at > supersededMs;
}
