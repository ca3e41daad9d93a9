import { createHash } from 'node:crypto';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { k6Release } from './k6-cache.mjs';
import { lastLines, log, run, SetupError, step } from './progress.mjs';

const releaseUrl = () =>
  process.env.SHIPROOM_K6_RELEASE_URL ?? `https://github.com/grafana/k6/releases/download/v${k6Release}`;
/** Without a first or a further byte for so long, the release is unreachable. */
const stallMs = Number(process.env.SHIPROOM_K6_STALL_MS ?? 5000);

/** Downloads k6 to `destination`, checked against the release's own list of SHA-256 sums. False where it cannot be downloaded. */
export async function downloadK6(destination) {
  const asset = assetName();
  if (!asset) return false;
  const folder = await mkdtemp(join(tmpdir(), 'shiproom-k6-'));
  try {
    return await step(`k6: version ${k6Release} was not found, downloading the release archive`, async () => {
      const bytes = await fetchBytes(`${releaseUrl()}/${asset}`, await publishedSum(asset));
      const archive = join(folder, asset);
      await writeFile(archive, bytes);
      const unpacked = asset.endsWith('.zip')
        ? await run('unzip', ['-q', archive, '-d', folder])
        : await run('tar', ['-xzf', archive, '-C', folder]);
      if (!unpacked.ok) throw new Error(lastLines(unpacked.stderr));
      await copyFile(join(folder, asset.replace(/\.(zip|tar\.gz)$/, ''), 'k6'), destination);
      return true;
    });
  } catch (error) {
    if (error instanceof SetupError) throw error;
    log(`  not available: ${error.cause?.message ?? error.message}`);
    return false;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function assetName() {
  const cpu = { x64: 'amd64', arm64: 'arm64' }[process.arch];
  if (!cpu) return undefined;
  if (process.platform === 'linux') return `k6-v${k6Release}-linux-${cpu}.tar.gz`;
  if (process.platform === 'darwin') return `k6-v${k6Release}-macos-${cpu}.zip`;
  return undefined;
}

async function publishedSum(asset) {
  const list = (await fetchBytes(`${releaseUrl()}/k6-v${k6Release}-checksums.txt`)).toString('utf8');
  const sums = list.split('\n').map((line) => line.trim().split(/\s+\*?/));
  const sum = sums.find(([, name]) => name === asset)?.[0];
  if (!sum) throw new Error(`the list of checksums does not name ${asset}`);
  return sum;
}

async function fetchBytes(url, wantedSum) {
  const stalled = new AbortController();
  let timer;
  const alive = () => {
    clearTimeout(timer);
    timer = setTimeout(() => stalled.abort(new Error(`${url}: no data for ${stallMs} ms`)), stallMs);
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
    const bytes = Buffer.concat(chunks);
    const sum = createHash('sha256').update(bytes).digest('hex');
    if (wantedSum !== undefined && sum !== wantedSum)
      throw new SetupError(`k6: ${url} has the SHA-256 ${sum}, the release lists ${wantedSum}; it is not used`, [
        'npm run setup   to download it again',
        'K6_PATH=/path/to/k6',
      ]);
    return bytes;
  } finally {
    clearTimeout(timer);
  }
}
