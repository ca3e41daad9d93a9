import { join } from 'node:path';
import type { LoadEvidence, ToolOutcome } from '../core/evidence.ts';
import type { Command } from '../core/target.ts';
import { listFiles, makeFolder, removeFile, writeTextAtomic } from '../system/files.ts';
import { privateFolder } from '../system/private-folder.ts';
import { runTool } from '../system/process.ts';
import { argumentsOf, environmentOf, type K6Files } from './k6-command.ts';
import type { LoadNumbers } from './k6-summary.ts';
import type { RunnerContext } from './runner.ts';

/** For the start, the answers that are pending at the end, and the writing of reports. */
export const aroundTheLoadMs = 30_000;

/** The files of one run of k6. Those of an earlier run must not be read as this run's. */
export async function openK6Files(
  { runFolder }: RunnerContext,
  /** Where the record is kept for a reader while k6 runs; by default with the other files. */
  recordFile?: string,
): Promise<K6Files & AsyncDisposable> {
  const folder = join(runFolder, 'k6');
  await removeFile(folder);
  await makeFolder(folder);
  const temporary = await privateFolder('k6');
  const at = (name: string) => join(temporary.path, name);
  await writeTextAtomic(at('config.json'), '{}');
  return {
    folder,
    config: at('config.json'),
    script: at('load.js'),
    summary: at('summary.json'),
    record: recordFile ?? at('record.ndjson'),
    [Symbol.asyncDispose]: () => temporary[Symbol.asyncDispose](),
  };
}

export interface K6Start {
  readonly k6: { readonly path: string; readonly version: string };
  readonly files: K6Files;
  /** After those of every run: flags, and the script. */
  readonly args: readonly string[];
  /** Of the script, beside that of every tool. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd: string;
  /** Of the planned load. */
  readonly durationMs: number;
  /** By default the planned time and 30 s. */
  readonly budgetMs?: number | undefined;
}

export function startK6(
  command: 'inspect' | 'run',
  { k6, files, args, env, cwd, durationMs, budgetMs }: K6Start,
  context: RunnerContext,
): Promise<ToolOutcome> {
  const whole: Command = [k6.path, ...argumentsOf(command, files), ...args];
  return runTool({
    tool: 'k6',
    version: k6.version,
    command: whole,
    env: { ...context.toolEnv, ...env, ...environmentOf(command, files) },
    cwd,
    stdoutPath: join(files.folder, `${command}.stdout.log`),
    stderrPath: join(files.folder, `${command}.stderr.log`),
    timeoutMs: command === 'run' ? (budgetMs ?? durationMs + aroundTheLoadMs) : aroundTheLoadMs,
    signal: context.signal,
    mask: context.mask,
    onLine: (line) => writeProgress(line, durationMs, context),
  });
}

function writeProgress(line: string, durationMs: number, { emit }: RunnerContext): void {
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

type Numbers = LoadNumbers & Pick<LoadEvidence, 'releases' | 'script'>;

export async function evidenceOf(
  { profile, folder }: { readonly profile: string; readonly folder: string },
  outcome: ToolOutcome,
  { heartbeats: _heartbeats, ...numbers }: Numbers,
  series: LoadEvidence['series'],
): Promise<LoadEvidence> {
  const files = (await listFiles(folder)).map((file) => `k6/${file}`);
  return { kind: 'load', outcome, profile, ...numbers, series, files };
}
