import { createRequire } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { messageOf } from '../core/errors.ts';
import type { SmokeEvidence, ToolOutcome } from '../core/evidence.ts';
import type { Target } from '../core/target.ts';
import { isWritableFolder, listFiles, readJson, removeFile } from '../system/files.ts';
import { runTool } from '../system/process.ts';
import { type PlaywrightReport, playwrightReportSchema } from './playwright-child/contract.ts';
import { playwrightVariables } from './journey-variables.ts';
import { journeyOf, testsWithoutAssertions } from './playwright-steps.ts';
import type { RunnerContext } from './runner.ts';

export interface PlaywrightOptions {
  readonly target: Target;
  /** A folder with Playwright tests: ours, or another one with a configuration of its own. */
  readonly folder: string;
  readonly sessionsFile: string;
  /** How long the journey waits for another tool's logins before it logs in itself. */
  readonly sessionsWaitMs: number;
  /** Written when that other tool has ended and no further login of it is to be expected. */
  readonly loginsFinishedFile: string;
  readonly chromium: string | undefined;
  readonly budgetMs: number;
  readonly expectedRelease?: string;
  /** Projects of our own folder; undefined runs whatever the folder's configuration has. */
  readonly projects: readonly string[] | undefined;
}

/** Runs a folder of Playwright tests. Never throws for what the tests did. */
export async function runPlaywright(options: PlaywrightOptions, context: RunnerContext): Promise<SmokeEvidence> {
  const folder = join(context.runFolder, 'playwright');
  const secret = dirname(options.sessionsFile);
  // Until they are masked, messages may quote tokens, so the raw report is never written into the run's folder.
  const reportFile = join(secret, 'playwright-report.json');
  await removeFile(reportFile);
  const playwright = await findPlaywright(options.folder, context.projectRoot);
  const outcome = await runTool({
    tool: 'playwright',
    version: playwright.version,
    command: commandOf(options, playwright.cli, folder),
    env: {
      ...context.toolEnv,
      ...environmentOf(options),
      ...(await compileCache(context.projectRoot)),
      FREETASK_OTP_FOLDER: context.projectRoot,
      FREETASK_LOGINS_OVER_FILE: options.loginsFinishedFile,
      SHIPROOM_PLAYWRIGHT_REPORT: reportFile,
      // A folder that has not installed Playwright finds ours.
      NODE_PATH: join(context.projectRoot, 'node_modules'),
      CI: '1',
      NO_COLOR: '1',
    },
    cwd: options.folder,
    stdoutPath: join(folder, 'stdout.log'),
    stderrPath: join(folder, 'stderr.log'),
    timeoutMs: options.budgetMs,
    signal: context.signal,
    mask: context.mask,
    onLine: (line) => {
      if (/^[✔✘] /.test(line)) context.emit({ type: 'step-progress', step: 'smoke', text: `Playwright: ${line}` });
    },
  });
  return readEvidence(outcome, reportFile, folder, options, context);
}

/**
 * Playwright keeps what it compiled in the temporary folder, where it is lost with a TMPDIR of a run's own, and where another
 * user may have put something else.
 */
async function compileCache(projectRoot: string): Promise<Record<string, string>> {
  const folder = join(projectRoot, 'node_modules/.cache/shiproom/playwright');
  return (await isWritableFolder(folder)) ? { PWTEST_CACHE_DIR: folder } : {};
}

interface Playwright {
  readonly cli: string;
  readonly version: string;
}

/** The folder's own Playwright where it is installed, because two of them in one process fail; else ours. */
async function findPlaywright(folder: string, projectRoot: string): Promise<Playwright> {
  for (const start of [folder, projectRoot]) {
    try {
      const described = createRequire(join(start, 'anything.js')).resolve('@playwright/test/package.json');
      const { version } = (await readJson(described)) as { version: string };
      return { cli: join(dirname(described), 'cli.js'), version };
    } catch {
      // Not installed there.
    }
  }
  return { cli: join(projectRoot, 'node_modules/@playwright/test/cli.js'), version: 'not found' };
}

function commandOf({ folder, projects = [] }: PlaywrightOptions, cli: string, output: string) {
  const reporter = join(import.meta.dirname, 'playwright-child/reporter.ts');
  const wanted = projects.flatMap((project) => ['--project', project]);
  return [
    process.execPath,
    cli,
    'test',
    '--config',
    folder,
    '--reporter',
    reporter,
    '--output',
    join(output, 'screenshots'),
    ...wanted,
  ] as const;
}

function environmentOf({ target, ...options }: PlaywrightOptions): Record<string, string> {
  return {
    ...playwrightVariables(target, options.expectedRelease),
    FREETASK_SESSIONS_FILE: options.sessionsFile,
    FREETASK_SESSIONS_WAIT_MS: String(options.sessionsWaitMs),
    SHIPROOM_CHROMIUM: options.chromium ?? '',
  };
}

async function readEvidence(
  outcome: ToolOutcome,
  reportFile: string,
  folder: string,
  { projects, expectedRelease }: PlaywrightOptions,
  { runFolder, mask }: RunnerContext,
): Promise<SmokeEvidence> {
  const kept = await keepScreenshots(join(folder, 'screenshots'));
  const paths = [join(folder, 'stdout.log'), join(folder, 'stderr.log'), ...kept];
  const files = paths.map((path) => relative(runFolder, path));
  const base = { kind: 'smoke' as const, outcome, files, ...(projects === undefined ? {} : { projects }) };
  const report = await readReport(reportFile, outcome);
  if (typeof report === 'string') return { ...base, steps: [], problems: [report] };

  const keep = (path: string) => (kept.includes(path) ? relative(runFolder, path) : undefined);
  const steps = journeyOf(report, { mask, keep, expectedRelease, isOwn: projects !== undefined });
  const missing = (projects ?? []).filter((project) => !steps.some((step) => step.project === project));
  return {
    ...base,
    steps,
    problems: [
      ...report.errors.map((error) => `Playwright: ${firstLine(mask(error))}`),
      ...missing.map((project) => `Playwright ran no test of the project ${project}`),
      ...testsWithoutAssertions(report).map((title) => `The test "${title}" evaluated no expect()`),
    ],
  };
}

async function readReport(file: string, { stderr }: ToolOutcome): Promise<PlaywrightReport | string> {
  try {
    const json = await readJson(file);
    if (json !== undefined) return playwrightReportSchema.parse(json);
    const reason = firstLine(stderr);
    return `Playwright left no report${reason === '' ? '' : `: ${reason}`}`;
  } catch (error) {
    return `Playwright's report cannot be read: ${messageOf(error).slice(0, 300)}`;
  }
}

const firstLine = (text: string): string =>
  stripVTControlCharacters(text)
    .split('\n')
    .find((line) => line.trim() !== '') ?? '';

/** Screenshots are kept; other files of a test (traces, videos, copies of the page) may hold tokens and are removed. */
async function keepScreenshots(folder: string): Promise<string[]> {
  const paths = (await listFiles(folder)).map((name) => join(folder, name));
  const kept = paths.filter((path) => path.endsWith('.png'));
  if (kept.length === 0) await removeFile(folder);
  for (const path of paths) if (!kept.includes(path)) await removeFile(path);
  return kept;
}
