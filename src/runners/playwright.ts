import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { messageOf } from '../core/errors.ts';
import type { SmokeEvidence, ToolOutcome } from '../core/evidence.ts';
import type { Target } from '../core/target.ts';
import { listFiles, readJson, removeFile } from '../system/files.ts';
import { runTool } from '../system/process.ts';
import { type PlaywrightReport, playwrightReportSchema } from './playwright-report.ts';
import { journeyOf } from './playwright-steps.ts';
import type { RunnerContext } from './runner.ts';

export interface PlaywrightQuestion {
  readonly target: Target;
  /** A folder with Playwright tests; ours, or anybody's with a configuration of its own. */
  readonly folder: string;
  readonly sessionsFile: string;
  /** How long the journey waits for another tool's logins before it logs in by itself. */
  readonly sessionsWaitMs: number;
  readonly chromium: string | undefined;
  readonly budgetMs: number;
  readonly expectedRelease?: string;
  /** Projects of our own folder; undefined runs whatever the folder's configuration has. */
  readonly projects: readonly string[] | undefined;
}

/** Pinned in package.json. */
const playwrightVersion = '1.65.1';

/** Runs a folder of Playwright tests and tells what happened. Never throws for what it did. */
export async function runPlaywright(question: PlaywrightQuestion, context: RunnerContext): Promise<SmokeEvidence> {
  const folder = join(context.runFolder, 'playwright');
  // The raw report holds the configuration with its headers, so it never gets into the run's folder.
  const reportFile = join(dirname(question.sessionsFile), 'playwright-report.json');
  await removeFile(reportFile);
  const cli = join(context.projectRoot, 'node_modules/@playwright/test/cli.js');
  const projects = (question.projects ?? []).flatMap((project) => ['--project', project]);
  const outcome = await runTool({
    tool: 'playwright',
    version: playwrightVersion,
    command: [
      process.execPath,
      cli,
      'test',
      '--config',
      question.folder,
      '--reporter=line,json',
      '--output',
      folder,
      ...projects,
    ],
    env: {
      ...context.toolEnv,
      ...environmentOf(question),
      PLAYWRIGHT_JSON_OUTPUT_FILE: reportFile,
      CI: '1',
      NO_COLOR: '1',
      FORCE_COLOR: '0',
    },
    cwd: context.projectRoot,
    stdoutPath: join(context.runFolder, 'playwright-log/stdout.log'),
    stderrPath: join(context.runFolder, 'playwright-log/stderr.log'),
    timeoutMs: question.budgetMs,
    signal: context.signal,
    mask: context.mask,
    onLine: (line) => {
      const text = stripVTControlCharacters(line).trim();
      if (text !== '') context.emit({ type: 'step-progress', step: 'smoke', text: `Playwright: ${text}` });
    },
  });
  return readEvidence(outcome, reportFile, folder, question, context);
}

function environmentOf({
  target,
  sessionsFile,
  sessionsWaitMs,
  chromium,
  expectedRelease,
}: PlaywrightQuestion): Record<string, string> {
  const { environment, paths, users, otp } = target;
  return {
    FREETASK_API_URL: environment.api,
    FREETASK_WEB_URL: environment.web ?? '',
    FREETASK_AUTH_PATH: paths.auth,
    FREETASK_API_PATH: paths.api,
    FREETASK_CLIENT_EMAIL: users.client,
    FREETASK_FREELANCER_EMAIL: users.freelancer,
    FREETASK_OTP: JSON.stringify(otp),
    FREETASK_SESSIONS_FILE: sessionsFile,
    FREETASK_SESSIONS_WAIT_MS: String(sessionsWaitMs),
    FREETASK_EXPECTED_RELEASE: expectedRelease ?? '',
    SHIPROOM_CHROMIUM: chromium ?? '',
  };
}

async function readEvidence(
  outcome: ToolOutcome,
  reportFile: string,
  folder: string,
  { projects }: PlaywrightQuestion,
  { runFolder, mask }: RunnerContext,
): Promise<SmokeEvidence> {
  const kept = await keepScreenshots(folder);
  const files = [
    'playwright-log/stdout.log',
    'playwright-log/stderr.log',
    ...kept.map((path) => relative(runFolder, path)),
  ];
  const base = { kind: 'smoke' as const, outcome, files, ...(projects === undefined ? {} : { projects }) };
  const report = await readReport(reportFile);
  if (typeof report === 'string') return { ...base, steps: [], problems: [report] };
  const keep = (path: string) => (kept.includes(path) ? relative(runFolder, path) : undefined);
  const steps = journeyOf(report, { mask, keep });
  const missing = (projects ?? []).filter((project) => !steps.some((step) => step.project === project));
  return {
    ...base,
    steps,
    problems: [
      ...report.errors.map(
        ({ message }) =>
          `Playwright: ${mask(stripVTControlCharacters(message ?? 'an error without words')).split('\n')[0]}`,
      ),
      ...missing.map((project) => `Playwright ran no test of the project ${project}`),
    ],
  };
}

async function readReport(file: string): Promise<PlaywrightReport | string> {
  try {
    const json = await readJson(file);
    return json === undefined ? 'Playwright left no report' : playwrightReportSchema.parse(json);
  } catch (error) {
    return `Playwright's report cannot be read: ${messageOf(error).slice(0, 300)}`;
  }
}

/** Pictures are kept; anything else that a test left (traces, videos, logs) may hold tokens and is removed. */
async function keepScreenshots(folder: string): Promise<string[]> {
  const kept: string[] = [];
  for (const name of await listFiles(folder)) {
    if (name.endsWith('.png')) kept.push(join(folder, name));
    else await removeFile(join(folder, name));
  }
  return kept;
}
