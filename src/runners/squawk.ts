import { join } from 'node:path';
import { z } from 'zod';
import { parseJson } from '../core/parsed-json.ts';
import { formatServerVersion } from '../core/schema/server-version.ts';
import { lintGroupOf } from '../core/schema/squawk-rules.ts';
import type { LintGroup } from '../core/schema/squawk-rules.ts';
import { readText, writeTextAtomic } from '../system/files.ts';
import { runTool } from '../system/process.ts';
import type { RunnerContext } from './runner.ts';

const timeoutMs = 60_000;
/**
 * squawk prints an empty list where it read nothing: for a file that is missing, or that hides itself by a comment. Every file
 * therefore ends with a statement that has to be found.
 */
const control = 'DROP TABLE shiproom_control;';
const controlRule = 'ban-drop-table';

export interface SqlToLint {
  /** Of the migration. */
  readonly id: string;
  readonly sql: string;
  /** Whether its driver runs it within a transaction. */
  readonly inTransaction: boolean;
}

export interface SquawkFinding {
  readonly id: string;
  /** From 1. */
  readonly line: number;
  readonly rule: string;
  readonly group: LintGroup;
  readonly message: string;
}

export interface SquawkReport {
  readonly version: string;
  /** Ids whose file was read to its end. */
  readonly read: readonly string[];
  readonly findings: readonly SquawkFinding[];
  readonly problems: readonly string[];
  readonly files: readonly string[];
}

/** Runs squawk on the SQL of migrations, for this version of PostgreSQL (`server_version_num`), or for any. Never throws for what it did. */
export async function runSquawk(
  migrations: readonly SqlToLint[],
  serverVersion: number | undefined,
  runner: RunnerContext,
): Promise<SquawkReport> {
  const folder = join(runner.runFolder, 'database/sql');
  // Of its own, so that no .squawk.toml of a folder above turns rules off.
  await writeTextAtomic(join(folder, 'squawk.toml'), '');
  const names = new Map(migrations.map(({ id }, index) => [id, `${index + 1}-${id.replaceAll(/[^\w.-]/g, '_')}.sql`]));
  for (const { id, sql } of migrations) await writeTextAtomic(join(folder, names.get(id) ?? ''), withControl(sql));
  const parts: SquawkReport[] = [];
  for (const inTransaction of [true, false]) {
    const group = migrations.filter((each) => each.inTransaction === inTransaction);
    if (group.length > 0) parts.push(await runGroup(group, { names, folder, serverVersion, inTransaction }, runner));
  }
  return {
    version: parts[0]?.version ?? '',
    read: parts.flatMap(({ read }) => read),
    findings: parts.flatMap(({ findings }) => findings),
    problems: parts.flatMap(({ problems }) => problems),
    files: parts.flatMap(({ files }) => files),
  };
}

const withControl = (sql: string): string => `${sql.trimEnd()}\n;\n${control}\n`;

interface Group {
  readonly names: ReadonlyMap<string, string>;
  readonly folder: string;
  readonly serverVersion: number | undefined;
  readonly inTransaction: boolean;
}

async function runGroup(
  migrations: readonly SqlToLint[],
  { names, folder, serverVersion, inTransaction }: Group,
  { runFolder, projectRoot, toolEnv, signal, mask }: RunnerContext,
): Promise<SquawkReport> {
  const log = `database/squawk-${inTransaction ? 'transaction' : 'statement'}`;
  const files = [`${log}.json`, `${log}.stderr.log`] as const;
  const version = await packageVersion(projectRoot);
  const outcome = await runTool({
    tool: 'squawk',
    version,
    command: [
      process.execPath,
      join(projectRoot, 'node_modules/squawk-cli/js/bin/squawk'),
      '--config',
      'squawk.toml',
      '--reporter',
      'json',
      ...(serverVersion === undefined ? [] : ['--pg-version', formatServerVersion(serverVersion)]),
      ...(inTransaction ? ['--assume-in-transaction'] : []),
      ...migrations.map(({ id }) => names.get(id) ?? ''),
    ],
    env: toolEnv,
    cwd: folder,
    stdoutPath: join(runFolder, files[0]),
    stderrPath: join(runFolder, files[1]),
    timeoutMs,
    signal,
    mask,
  });
  const stdout = (await readText(join(runFolder, files[0]))) ?? '';
  const read = outcome.timedOut ? { problem: 'it was ended at its time limit' } : readSquawk({ ...outcome, stdout });
  if ('problem' in read)
    return { version, read: [], findings: [], problems: [`squawk ${version}: ${read.problem}`], files };
  return { version, files, ...byMigration(read.findings, migrations, names) };
}

/** `180004` is 18.4. */

const packageSchema = z.object({ version: z.string() });
async function packageVersion(projectRoot: string): Promise<string> {
  const text = await readText(join(projectRoot, 'node_modules/squawk-cli/package.json'));
  return text === undefined ? 'not installed' : packageSchema.parse(JSON.parse(text)).version;
}

const reportSchema = z.array(
  z.object({
    file: z.string(),
    /** From 0. */
    line: z.int().nonnegative(),
    level: z.string(),
    message: z.string(),
    help: z.string().nullable(),
    rule_name: z.string().min(1),
  }),
);
type Reported = z.output<typeof reportSchema>[number];

/** Exit code 0 without findings, 1 with some; whatever else it did is a problem. */
export function readSquawk({
  exitCode,
  stdout,
  stderr,
}: {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
}): { readonly findings: readonly Reported[] } | { readonly problem: string } {
  const reported = stderr.trim().split('\n')[0] ?? '';
  const problem = (text: string) => ({ problem: reported === '' ? text : `${text}: ${reported}` });
  if (exitCode !== 0 && exitCode !== 1) return problem(`exit code ${exitCode ?? 'none'}`);
  const value = parseJson(stdout);
  if (value === undefined) return problem(`exit code ${exitCode}, and its report is not JSON`);
  const parsed = reportSchema.safeParse(value);
  if (!parsed.success) return problem(`its report has another form than known: ${z.prettifyError(parsed.error)}`);
  if ((exitCode === 1) !== parsed.data.length > 0)
    return problem(`exit code ${exitCode} with ${parsed.data.length} findings`);
  return { findings: parsed.data };
}

/** The control of a file is no finding of it, and a file without it was not read. */
function byMigration(
  reported: readonly Reported[],
  migrations: readonly SqlToLint[],
  names: ReadonlyMap<string, string>,
): Pick<SquawkReport, 'read' | 'findings' | 'problems'> {
  const read: string[] = [];
  const findings: SquawkFinding[] = [];
  const problems: string[] = [];
  for (const { id, sql } of migrations) {
    const controlLine = withControl(sql).split('\n').length - 2;
    const own = reported.filter(({ file }) => file === names.get(id));
    const broken = own.filter(({ rule_name: rule }) => lintGroupOf(rule) === 'syntax');
    for (const { line, message } of broken.slice(0, 1))
      problems.push(`squawk could not parse ${id}, line ${line + 1}: ${message}`);
    if (broken.length > 0) continue;
    if (!own.some(({ line, rule_name: rule }) => line === controlLine && rule === controlRule)) {
      problems.push(`squawk did not read ${id} to its end; remove squawk-ignore-file from it, or ignore single rules`);
      continue;
    }
    read.push(id);
    for (const { line, rule_name: rule, message } of own)
      if (line < controlLine - 1) findings.push({ id, line: line + 1, rule, group: lintGroupOf(rule), message });
  }
  return { read, findings, problems };
}
