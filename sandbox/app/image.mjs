// Container images of the sandbox as files, on its PATH as `freetask-image`: blobs by their sha256, tags that name one, a registry.
//   build              tags an image of the folder it is started in as image.json says; APP_RELEASE is built into it
//   digest TAG         prints the digest of the local image with this tag
//   push TAG           copies the tag to the registry
//   published TAG      prints the digest of that tag in the registry, or nothing
//   running PLACE      prints the digest of the image that the instance in this place was started from, or nothing
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { images: { type: 'string' } } });
const [verb, name = ''] = positionals;
const pathOf = (kind, of) => join(values.images, kind, encodeURIComponent(of));
const print = (line) => process.stdout.write(`${line}\n`);

const read = (kind, of) => {
  try {
    return readFileSync(pathOf(kind, of), 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  }
};

function write(kind, of, text) {
  mkdirSync(join(values.images, kind), { recursive: true });
  writeFileSync(pathOf(kind, of), text);
}

/** The descriptor of a blob that holds this value. */
function blob(mediaType, value) {
  const text = JSON.stringify(value);
  const hex = createHash('sha256').update(text).digest('hex');
  write('blobs', hex, text);
  return { mediaType, digest: `sha256:${hex}`, size: Buffer.byteLength(text) };
}

/** The same files and release give the same digest. */
function build() {
  const release = process.env.APP_RELEASE;
  if (!release) throw new Error('APP_RELEASE is not set');
  const { base, tag, entry } = JSON.parse(readFileSync('image.json', 'utf8'));
  if (!/^node:\d\d/.test(base)) throw new Error(`pull access denied for ${base}, repository does not exist`);
  const paths = readdirSync('.', { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name))
    .filter((path) => !path.split(/[\\/]/).includes('node_modules'))
    .toSorted();
  const layer = blob(
    'application/vnd.oci.image.layer.v1.tar',
    Object.fromEntries(paths.map((path) => [path, readFileSync(path, 'utf8')])),
  );
  const labels = { 'org.opencontainers.image.version': release, 'org.opencontainers.image.base.name': base };
  const config = blob('application/vnd.oci.image.config.v1+json', {
    config: { Env: [`APP_RELEASE=${release}`], Entrypoint: ['node', entry], Labels: labels },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = { schemaVersion: 2, config, layers: [layer] };
  const { digest } = blob('application/vnd.oci.image.manifest.v1+json', manifest);
  const named = tag.replaceAll('{version}', release.split('@').at(-1));
  write('tags', named, digest);
  print(`writing image ${digest}\nnaming to ${named}`);
}

const digestOf = (tag) => {
  const digest = read('tags', tag);
  if (digest === undefined) throw new Error(`Error: No such image: ${tag}`);
  return digest;
};

/** Of a process that has ended nothing runs. */
function running(place) {
  const text = read('running', place);
  if (text === undefined) return;
  const { pid, digest } = JSON.parse(text);
  process.kill(pid, 0);
  print(digest);
}

try {
  if (values.images === undefined) throw new Error('--images is missing');
  if (verb === 'build') build();
  else if (verb === 'digest') print(digestOf(name));
  else if (verb === 'push') write('registry', name, digestOf(name));
  else if (verb === 'published') process.stdout.write(read('registry', name) ?? '');
  else if (verb === 'running') running(name);
  else throw new Error('freetask-image build | digest TAG | push TAG | published TAG | running PLACE');
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
