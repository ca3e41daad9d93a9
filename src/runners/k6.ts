import { join } from 'node:path';
import type { LoadEvidence, ToolOutcome } from '../core/evidence.ts';
import type { LoadPlan } from '../core/load-plan.ts';
import { listFiles, makeFolder, readText, removeFile, writeJsonAtomic, writeTextAtomic } from '../system/files.ts';
import { releaseHeaderOf } from '../core/target.ts';
import { ask } from '../system/http.ts';
import { privateFolder } from '../system/private-folder.ts';
import { runTool } from '../system/process.ts';
import { bundleLoadScripts } from './k6-bundle.ts';
import { argumentsOf, environmentOf, type K6Files, type K6Options, scriptArguments } from './k6-command.ts';
import { appliedDeviations, contradictions, endings, exceptionsIn, planDeviations, releasesIn } from './k6-outcome.ts';
import { partialSummary } from './k6-partial.ts';
import { readSeries } from './k6-series.ts';
import { type LoadNumbers, readSummary } from './k6-summary.ts';
import type { RunnerContext } from './runner.ts';

/** For the start, the answers that are pending at the end, and the writing of reports. */
const aroundTheLoadMs = 30_000;
const probeTimeoutMs = 5000;

/** Clause 3.2a: sends the planned load and returns what k6 measured. Decides nothing; a failure of k6 is evidence, not thrown. */
export async function runK6(options: K6Options, context: RunnerContext): Promise<LoadEvidence> {
  const { plan, slos } = options;
  const folder = join(context.runFolder, 'k6');
  // Files of an earlier run must not be read as this run's.
  await removeFile(folder);
  await makeFolder(folder);
  await using temporary = await privateFolder('k6');
  const files: K6Files = {
    folder,
    config: join(temporary.path, 'config.json'),
    script: join(temporary.path, 'load.js'),
    summary: join(temporary.path, 'summary.json'),
    record: join(temporary.path, 'record.ndjson'),
  };
  await writeTextAtomic(files.config, '{}');
  await writeJsonAtomic(join(folder, 'plan.json'), plan);
  await writeJsonAtomic(join(folder, 'slo.json'), slos);
  const bundling = await bundleLoadScripts(context.projectRoot, files.script);

  const probed = await probeRelease(options, context);

  // k6 prints how it read the options, before anything is sent.
  const preflight = await start('inspect', { options, files, probed }, context);
  const problems = [
    ...(bundling === undefined ? [] : [`the load scripts cannot be bundled: ${bundling}`]),
    ...planDeviations(preflight, plan),
  ];
  if (problems.length > 0)
    return await evidenceOf(options, preflight, { ...readSummary(undefined, slos), problems }, [], folder);

  const outcome = await start('run', { options, files, probed }, context);
  const summary = await readText(files.summary);
  if (summary !== undefined) await writeTextAtomic(join(folder, 'summary.json'), context.mask(summary));
  const record = await readText(files.record);
  const partial = summary === undefined ? partialSummary(record) : undefined;
  const numbers = readSummary(summary ?? partial, slos, { partial: partial !== undefined });
  const checked = {
    ...numbers,
    exceptions: Math.max(numbers.exceptions, exceptionsIn(outcome)),
    releases: releasesIn(outcome, numbers, record, options.expectedRelease ?? probed),
    problems: [
      ...endings(outcome),
      ...contradictions(outcome, numbers),
      ...numbers.problems,
      ...appliedDeviations(outcome, numbers, plan),
    ],
  };
  return await evidenceOf(options, outcome, checked, readSeries(record), folder);
}

/** The release that answers before the load; absent where the target does not set the release header. */
async function probeRelease({ target }: K6Options, { signal }: RunnerContext): Promise<string | undefined> {
  const header = releaseHeaderOf(target);
  if (header === undefined) return undefined;
  const answer = await ask({
    url: target.environment.api + target.service.health.path,
    method: target.service.health.method,
    timeoutMs: probeTimeoutMs,
    signal,
  });
  return answer.ok ? answer.header(header) : undefined;
}

interface Start {
  readonly options: K6Options;
  readonly files: K6Files;
  readonly probed: string | undefined;
}

function start(
  command: 'inspect' | 'run',
  { options, files, probed }: Start,
  context: RunnerContext,
): Promise<ToolOutcome> {
  const { k6, plan, budgetMs } = options;
  const timeoutMs = command === 'run' ? (budgetMs ?? plan.durationMs + aroundTheLoadMs) : aroundTheLoadMs;
  return runTool({
    tool: 'k6',
    version: k6.version,
    command: [k6.path, ...argumentsOf(command, files), ...scriptArguments(options, files, probed)],
    env: { ...context.toolEnv, ...environmentOf(command, files) },
    cwd: context.projectRoot,
    stdoutPath: join(files.folder, `${command}.stdout.log`),
    stderrPath: join(files.folder, `${command}.stderr.log`),
    timeoutMs,
    signal: context.signal,
    mask: context.mask,
    onLine: (line) => writeProgress(line, plan, context),
  });
}

function writeProgress(line: string, { durationMs }: LoadPlan, { emit }: RunnerContext): void {
  const match = /^running \((?:(\d+)h)?(?:(\d+)m)?([\d.]+)s\), (\d+)\/\d+ VUs, (\d+) complete/.exec(line);
  if (!match) return;
  const [, hours = '0', minutes = '0', seconds = '0', users, iterations] = match;
  const elapsed = Number(hours) * 3600 + Number(minutes) * 60 + Math.round(Number(seconds));
  emit({
    type: 'step-progress',
    step: 'load',
    text: `${iterations} iterations, ${Number(users)} virtual users`,
    done: elapsed,
    of: Math.max(elapsed, Math.round(durationMs / 1000)),
  });
}

async function evidenceOf(
  { plan }: K6Options,
  outcome: ToolOutcome,
  numbers: LoadNumbers & Pick<LoadEvidence, 'releases'>,
  series: LoadEvidence['series'],
  folder: string,
): Promise<LoadEvidence> {
  const { heartbeats: _heartbeats, ...counts } = numbers;
  const files = (await listFiles(folder)).map((file) => `k6/${file}`);
  return { kind: 'load', outcome, profile: plan.profile, ...counts, series, files };
}
