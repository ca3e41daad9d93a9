import { join, resolve } from 'node:path';
import { $ } from 'zx/core';
import { readProcessEnvironment, toolEnvironment } from '../../src/config/environment.ts';
import { parseLoadProfiles } from '../../src/config/load-profiles.ts';
import { parseSlos } from '../../src/config/slo-file.ts';
import { readTools } from '../../src/config/tools.ts';
import { UserError } from '../../src/core/errors.ts';
import { planLoad } from '../../src/core/load-plan.ts';
import { readJson, readText, writeJsonAtomic } from '../../src/system/files.ts';
import { privateFolder } from '../../src/system/private-folder.ts';
import { bundleLoadScripts } from '../../src/runners/k6-bundle.ts';
import { startTinyFreeTask } from './tiny-freetask.ts';

/** The load scripts compared with the shortest script of the same requests: requests for each second of k6's CPU time. */
const rounds = 3;
const load = { profile: 'stage', rate: 300, durationMs: 20_000 };
const goal = 0.9;

const projectRoot = resolve(import.meta.dirname, '../..');
type Script = 'load scripts' | 'minimal script';

await using target = await startTinyFreeTask();
await using folder = await privateFolder('bench');
const { k6 } = await readTools(projectRoot);
if (!k6) throw new UserError('k6 was not found.', ['npm run setup']);
const run = await prepare(k6.path);

const results: Record<Script, number[]> = { 'load scripts': [], 'minimal script': [] };
for (let round = 1; round <= rounds; round += 1) {
  // The order alternates.
  for (const script of round % 2 === 1
    ? (['load scripts', 'minimal script'] as const)
    : (['minimal script', 'load scripts'] as const)) {
    const { requests, cpuSeconds } = await run(script);
    results[script].push(requests / cpuSeconds);
    process.stderr.write(
      `round ${round} of ${rounds}, ${script}: ${requests} requests in ${cpuSeconds.toFixed(2)} s of CPU time\n`,
    );
  }
}
const ours = median(results['load scripts']);
const minimal = median(results['minimal script']);
const ratio = ours / minimal;
process.stdout.write(`load scripts    ${ours.toFixed(0)} requests per CPU second (median of ${rounds})
minimal script  ${minimal.toFixed(0)} requests per CPU second
ratio           ${ratio.toFixed(3)} (goal: at least ${goal})\n`);
if (ratio < goal) process.exitCode = 1;

async function prepare(k6Path: string) {
  const files = {
    config: 'config.json',
    plan: 'plan.json',
    slos: 'slo.json',
    sessions: 'sessions.json',
    summary: 'summary.json',
    bundle: 'load.js',
  };
  for (const [name, file] of Object.entries(files)) files[name as keyof typeof files] = join(folder.path, file);
  const config = async (file: string) => (await readText(join(projectRoot, 'config', file))) ?? '';
  const plan = planLoad(parseLoadProfiles('load-profiles.yaml', await config('load-profiles.yaml')), load);
  const slos = parseSlos('slo.yaml', await config('slo.yaml'));
  const session = { accessToken: 'eyJub2JvZHk', refreshToken: 'nobody', expiresAt: Number.MAX_SAFE_INTEGER };
  await writeJsonAtomic(files.config, {});
  await writeJsonAtomic(files.plan, plan);
  await writeJsonAtomic(files.slos, slos);
  await writeJsonAtomic(files.sessions, { client: session, freelancer: session }, 0o600);

  // As the suite runs them.
  await bundleLoadScripts(projectRoot, files.bundle);
  const scripts = { 'load scripts': files.bundle, 'minimal script': join(projectRoot, 'load/bench/minimal.ts') };

  return async (script: Script): Promise<{ requests: number; cpuSeconds: number }> => {
    const variables = {
      LOAD_PLAN_FILE: files.plan,
      LOAD_SLO_FILE: files.slos,
      LOAD_API_URL: target.url,
      LOAD_REFRESH_PATH: '/auth/refresh',
      LOAD_ENVELOPE: 'data',
      LOAD_ACCESS_FIELD: 'accessToken',
      LOAD_RELEASE_HEADER: 'X-App-Release',
      LOAD_API_PATH: '',
      LOAD_SESSIONS_FILE: files.sessions,
      LOAD_RELEASE: 'freetask@1.5.0',
      LOAD_IDENTIFIES: 'yes',
    };
    const argv = [
      k6Path,
      'run',
      '--quiet',
      '--summary-export',
      files.summary,
      ...Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
    ];
    // The shell's `times` is a portable source of the CPU time of a process that has ended.
    const { stdout } = await $({
      env: {
        ...toolEnvironment(readProcessEnvironment().variables),
        K6_NO_USAGE_REPORT: 'true',
        K6_CONFIG: files.config,
      },
      quiet: true,
      stdio: ['ignore', 'pipe', 'inherit'],
    })`${argv} ${scripts[script]} >/dev/null 2>&1 || true; times`;
    const summary = (await readJson(files.summary)) as { metrics: { http_reqs: { count: number } } };
    return { requests: summary.metrics.http_reqs.count, cpuSeconds: childSeconds(stdout) };
  };
}

/** The second line of `times` is that of the children: `0m1.230000s 0m0.450000s`, user and system. */
function childSeconds(times: string): number {
  const [, children = ''] = times.trim().split('\n');
  return [...children.matchAll(/(\d+)m([\d.]+)s/g)].reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}
