import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cachedK6, fitsK6, k6Version, onPath, wantedK6 } from './find-tools.mjs';
import { lastLines, run, say, SetupError, step } from './progress.mjs';
import { projectRoot } from './state.mjs';

const release = '2.2.0';
const releaseUrl = () =>
  process.env.SHIPROOM_K6_RELEASE_URL ?? `https://github.com/grafana/k6/releases/download/v${release}`;
/** No answer, or no further byte, for so long: the release cannot be reached from here. */
const stallMs = Number(process.env.SHIPROOM_K6_STALL_MS ?? 5000);

/** k6: K6_PATH, else the PATH, else the cache, else the release, else built by Go. A wrong version is named and not used. */
export async function installK6(toolsFolder) {
  if (process.env.K6_PATH) return chosenByPerson(process.env.K6_PATH);
  const installed = await onPath(['k6']);
  if (installed) {
    const version = await k6Version(installed);
    if (fitsK6(version)) return { path: installed, version, from: 'PATH' };
    say(`k6: ${installed} is ${version ?? 'no k6'} and is not used, ${wantedK6} is needed`);
  }
  const cached = cachedK6(toolsFolder);
  const version = await k6Version(cached);
  if (fitsK6(version)) return { path: cached, version, from: 'cache' };

  await mkdir(join(cached, '..'), { recursive: true });
  const from = (await download(cached)) ? 'release' : await build(cached);
  const fresh = await k6Version(cached);
  if (!fitsK6(fresh))
    throw new SetupError(`${cached} is ${fresh ?? 'no k6'}, ${wantedK6} is needed`, [`rm -r ${join(cached, '..')}`]);
  return { path: cached, version: fresh, from };
}

async function chosenByPerson(path) {
  const version = await k6Version(path);
  if (fitsK6(version)) return { path, version, from: 'K6_PATH' };
  throw new SetupError(`K6_PATH=${path} is ${version ?? 'no k6 that runs'}, ${wantedK6} is needed`, [
    'unset K6_PATH',
    `K6_PATH=/path/to/k6-${wantedK6}`,
  ]);
}

/** The release archive, checked against the release's own list of SHA-256 sums. False where it cannot be had. */
async function download(destination) {
  const asset = assetName();
  if (!asset) return false;
  const folder = await mkdtemp(join(tmpdir(), 'shiproom-k6-'));
  try {
    return await step(`k6: none of version ${wantedK6} was found, looking for the release archive`, async () => {
      const sums = (await fetchBytes(`${releaseUrl()}/k6-v${release}-checksums.txt`)).toString('utf8');
      const wanted = sums
        .split('\n')
        .map((line) => line.trim().split(/\s+\*?/))
        .find(([, name]) => name === asset)?.[0];
      if (!wanted) throw new Error(`the list of checksums does not name ${asset}`);
      const bytes = await fetchBytes(`${releaseUrl()}/${asset}`);
      const sum = createHash('sha256').update(bytes).digest('hex');
      if (sum !== wanted)
        throw new SetupError(`k6: ${asset} has the SHA-256 ${sum}, and the release says ${wanted}; it is not used`, [
          'try again later',
          'K6_PATH=/path/to/k6',
        ]);
      const archive = join(folder, asset);
      await writeFile(archive, bytes);
      const unpacked = asset.endsWith('.zip')
        ? await run('unzip', ['-q', archive, '-d', folder])
        : await run('tar', ['-xzf', archive, '-C', folder]);
      if (!unpacked.ok) throw new Error(lastLines(unpacked.stderr));
      await place(join(folder, asset.replace(/\.(zip|tar\.gz)$/, ''), 'k6'), destination);
      return true;
    });
  } catch (error) {
    if (error instanceof SetupError) throw error;
    say(`  not to be had: ${error.cause?.message ?? error.message}`);
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function assetName() {
  const cpu = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  if (!cpu) return undefined;
  if (process.platform === 'linux') return `k6-v${release}-linux-${cpu}.tar.gz`;
  if (process.platform === 'darwin') return `k6-v${release}-macos-${cpu}.zip`;
  return undefined;
}

async function fetchBytes(url) {
  const stalled = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`${url}: nothing came for ${stallMs} ms`)), stallMs);
  };
  try {
    alive();
    const response = await fetch(url, { signal: stalled.signal });
    if (!response.ok) throw new Error(`${url}: status ${response.status}`);
    const chunks = [];
    for await (const chunk of response.body) {
      alive();
      chunks.push(chunk);
    }
    return Buffer.concat(chunks);
  } finally {
    clearTimeout(timer);
  }
}

/** From the Go module proxy, pinned by scripts/setup/k6/go.sum. */
async function build(destination) {
  const next = [`install Go 1.25 or newer, or k6 ${wantedK6}`, 'K6_PATH=/path/to/k6'];
  const go = await onPath(['go'], ['/usr/local/go/bin']);
  if (!go)
    throw new SetupError('k6 was not found, its release cannot be reached, and there is no Go to build it', next);
  const folder = join(projectRoot, 'scripts/setup/k6');
  const aside = `${destination}.${process.pid}`;
  const args = ['build', '-trimpath', '-ldflags', '-s -w', '-o', aside, 'go.k6.io/k6/v2'];
  const env = { ...process.env, GOFLAGS: '-mod=readonly', CGO_ENABLED: '0' };
  const result = await step('k6: building it with Go from pinned sources (about 90 s, once)', () =>
    run(go, args, { cwd: folder, env }),
  );
  if (!result.ok) throw new SetupError(`k6 could not be built:\n${lastLines(result.stderr)}`, next);
  await rename(aside, destination);
  return 'go build';
}

async function place(source, destination) {
  const aside = `${destination}.${process.pid}`;
  await copyFile(source, aside);
  await chmod(aside, 0o755);
  await rename(aside, destination);
}
