import { join } from 'node:path';
import type { LoadEvidence, ToolOutcome } from '../core/evidence.ts';
import type { LoadPlan } from '../core/load-plan.ts';
import type { Slo } from '../core/slo.ts';
import type { Target } from '../core/target.ts';
import { listFiles, makeFolder, readText, removeFile, writeJsonAtomic, writeTextAtomic } from '../system/files.ts';
import { privateFolder } from '../system/private-folder.ts';
import { runTool } from '../system/process.ts';
import { readSeries } from './k6-series.ts';
import { type LoadNumbers, readSummary } from './k6-summary.ts';
import type { RunnerContext } from './runner.ts';

export interface K6Options {
  readonly target: Target;
  readonly slos: readonly Slo[];
  readonly plan: LoadPlan;
  /** The tokens of both users; k6 reads them there and nowhere else. */
  readonly sessionsFile: string;
  readonly k6: { readonly path: string; readonly version: string };
  readonly expectedRelease?: string;
  /** Longer than this and k6 is stopped; by default the planned time and what k6 may need around it. */
  readonly budgetMs?: number;
}

/** Start, the answers that are still awaited at the end, and the writing of reports. */
const aroundTheLoadMs = 30_000;

/** Clause 3.2a: sends the planned load and brings home what k6 saw. Never judges, never throws for what k6 did. */
export async function runK6(options: K6Options, context: RunnerContext): Promise<LoadEvidence> {
  const { plan, slos, k6 } = options;
  const folder = join(context.runFolder, 'k6');
  // What an earlier run left here must not be taken for this one's.
  await removeFile(folder);
  await makeFolder(folder);
  await using hidden = await privateFolder('k6');
  const files = {
    config: join(hidden.path, 'config.json'),
    summary: join(hidden.path, 'summary.json'),
    record: join(hidden.path, 'record.ndjson'),
  };
  await writeTextAtomic(files.config, '{}');
  await writeJsonAtomic(join(folder, 'plan.json'), plan);
  await writeJsonAtomic(join(folder, 'slo.json'), slos);

  const start = (name: string, command: readonly string[], more: { env?: Record<string, string>; timeoutMs: number }) =>
    runTool({
      tool: 'k6',
      version: k6.version,
      command: [k6.path, ...command],
      env: { ...context.toolEnv, ...quiet, K6_CONFIG: files.config, ...more.env },
      cwd: context.projectRoot,
      stdoutPath: join(folder, `${name}.stdout.log`),
      stderrPath: join(folder, `${name}.stderr.log`),
      timeoutMs: more.timeoutMs,
      signal: context.signal,
      mask: context.mask,
      onLine: (line) => writeProgress(line, plan, context),
    });

  const script = [...scriptVariables(options, folder), join(context.projectRoot, 'load', 'main.ts')];
  // k6 tells what it has understood, before anything is sent.
  const preflight = await start('inspect', ['inspect', '--execution-requirements', ...script], {
    timeoutMs: aroundTheLoadMs,
  });
  const misunderstood = misunderstandings(preflight, plan);
  if (misunderstood.length > 0)
    return evidenceOf(options, preflight, { ...readSummary(undefined, slos), problems: misunderstood }, [], folder);

  const outcome = await start(
    'run',
    ['run', '--no-color', '--log-format', 'json', '--summary-export', files.summary, ...script],
    {
      env: dashboard(join(folder, 'dashboard.html'), files.record),
      timeoutMs: options.budgetMs ?? plan.durationMs + aroundTheLoadMs,
    },
  );
  const summary = await readText(files.summary);
  if (summary !== undefined) await writeTextAtomic(join(folder, 'summary.json'), context.mask(summary));
  const numbers = readSummary(summary, slos);
  const believed = {
    ...numbers,
    exceptions: Math.max(numbers.exceptions, exceptionsIn(outcome)),
    problems: [...endings(outcome), ...contradictions(outcome, numbers), ...numbers.problems],
  };
  return evidenceOf(options, outcome, believed, readSeries(await readText(files.record)), folder);
}

/** Nothing but the target is spoken to, and no setting of the machine changes what is measured. */
const quiet = { K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false', NO_COLOR: 'true' };

/** By default the dashboard listens on every interface and writes nothing for a load under twenty seconds. */
const dashboard = (html: string, record: string): Record<string, string> => ({
  K6_WEB_DASHBOARD: 'true',
  K6_WEB_DASHBOARD_HOST: '127.0.0.1',
  K6_WEB_DASHBOARD_PORT: '0',
  K6_WEB_DASHBOARD_PERIOD: '1s',
  K6_WEB_DASHBOARD_EXPORT: html,
  K6_WEB_DASHBOARD_RECORD: record,
});

/** A process list shows these, so tokens are not among them. */
function scriptVariables({ target, sessionsFile, expectedRelease = '' }: K6Options, folder: string): string[] {
  const variables = {
    LOAD_PLAN_FILE: join(folder, 'plan.json'),
    LOAD_SLO_FILE: join(folder, 'slo.json'),
    FREETASK_API_URL: target.environment.api,
    FREETASK_AUTH_PATH: target.paths.auth,
    FREETASK_API_PATH: target.paths.api,
    FREETASK_SESSIONS_FILE: sessionsFile,
    FREETASK_EXPECTED_RELEASE: expectedRelease,
  };
  return [
    '--include-system-env-vars=false',
    ...Object.entries(variables).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
  ];
}

/** k6 must have read the plan as it was written: no more users than planned, and no longer. */
function misunderstandings(preflight: ToolOutcome, plan: LoadPlan): string[] {
  if (preflight.exitCode !== 0) return [`k6 does not accept the load scripts: ${lastError(preflight)}`];
  const users = plan.scenarios.reduce((sum, scenario) => sum + scenario.users, 0);
  const understood = Number(/"maxVUs": (\d+)\n}/.exec(preflight.stdout)?.[1]);
  // One more for the heartbeat.
  return understood === users + 1 ? [] : [`k6 would use ${understood} virtual users where ${users + 1} are planned`];
}

function writeProgress(line: string, { durationMs }: LoadPlan, { emit }: RunnerContext): void {
  const match = /^running \((?:(\d+)h)?(?:(\d+)m)?([\d.]+)s\), (\d+)\/\d+ VUs, (\d+) complete/.exec(line);
  if (!match) return;
  const [, hours = '0', minutes = '0', seconds = '0', users, visits] = match;
  const elapsed = Number(hours) * 3600 + Number(minutes) * 60 + Math.round(Number(seconds));
  emit({
    type: 'step-progress',
    step: 'load',
    text: `${visits} visits, ${Number(users)} at this moment`,
    done: elapsed,
    of: Math.max(elapsed, Math.round(durationMs / 1000)),
  });
}

const meanings: Readonly<Record<number, string>> = {
  104: 'its configuration is wrong',
  105: 'somebody else stopped it',
  107: 'the scripts could not be loaded',
  108: 'the scripts aborted it',
  109: 'k6 itself crashed',
  110: 'the scripts marked it as failed',
};

/** Only 0 and 99 (a threshold was crossed, so the counts decide) are ends of a whole load. */
function endings(outcome: ToolOutcome): string[] {
  const { exitCode, signal, timedOut, interrupted } = outcome;
  if (timedOut || interrupted || exitCode === 0 || exitCode === 99) return [];
  if (exitCode === null) return [`k6 was ended by ${signal}`];
  return [`k6 ended with exit code ${exitCode}: ${meanings[exitCode] ?? lastError(outcome)}`];
}

/** The exit code and the thresholds have to tell the same story. */
function contradictions({ exitCode }: ToolOutcome, { thresholds }: LoadNumbers): string[] {
  const crossed = thresholds.filter(({ ok }) => !ok);
  if (exitCode === 0 && crossed[0])
    return [`k6 ended with 0, and yet ${crossed[0].metric} crossed ${crossed[0].expression}`];
  if (exitCode === 99 && crossed.length === 0) return ['k6 says that a threshold was crossed, but not which'];
  return [];
}

/** k6 logs what an iteration throws and calls the iteration complete; only such lines name an executor. */
const exceptionsIn = ({ stderr }: ToolOutcome): number =>
  stderr.split('\n').filter((line) => line.includes('"executor":') && line.includes('"level":"error"')).length;

function lastError({ stderr, exitCode, signal }: ToolOutcome): string {
  const last = stderr.trim().split('\n').at(-1) ?? '';
  return last === '' ? `it ended with ${signal ?? `exit code ${exitCode}`}` : last.slice(0, 500);
}

async function evidenceOf(
  { plan }: K6Options,
  outcome: ToolOutcome,
  numbers: LoadNumbers,
  series: LoadEvidence['series'],
  folder: string,
): Promise<LoadEvidence> {
  const files = (await listFiles(folder)).map((file) => `k6/${file}`);
  return { kind: 'load', outcome, profile: plan.profile, ...numbers, series, files };
}
