import { dirname, join, relative } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { messageOf } from '../core/errors.ts';
import type { SmokeEvidence, ToolOutcome } from '../core/evidence.ts';
import { originsOf } from '../core/origins.ts';
import { listFiles, readJson, readText, removeFile } from '../system/files.ts';
import { runTool } from '../system/process.ts';
import { type PlaywrightReport, playwrightReportSchema } from './playwright-child/contract.ts';
import { readObserved } from './playwright-observed.ts';
import { commandOf, environmentOf, findPlaywright, type PlaywrightOptions } from './playwright-command.ts';
import { focusedTests } from './playwright-focus.ts';
import { journeyOf, unprovedTests, waitedIn } from './playwright-steps.ts';
import { waitEvent } from './rate-limit-line.ts';
import type { RunnerContext } from './runner.ts';

/** Loading tests takes a second; more than this is a test file that does something while it is loaded. */
const listMs = 30_000;

/** Runs a folder of Playwright tests. Never throws for what the tests did. */
export async function runPlaywright(options: PlaywrightOptions, context: RunnerContext): Promise<SmokeEvidence> {
  const secret = dirname(options.sessionsFile);
  const files: PlaywrightFiles = {
    folder: join(context.runFolder, 'playwright'),
    // Until they are masked, messages may quote tokens, so the raw report is never written into the run's folder.
    report: join(secret, 'playwright-report.json'),
    observed: join(secret, 'playwright-answers.ndjson'),
  };
  await removeFile(files.observed);
  // Ours forbids `.only` itself; of another folder it is known before anything is asked.
  if (options.projects === undefined) {
    const listed = await start('list', options, files, context);
    const report = await readReport(files.report, listed);
    const focused = typeof report === 'string' ? undefined : focusedTests(report);
    if (focused !== undefined)
      return { ...(await baseOf(listed, files.folder, options, context)).base, steps: [], problems: [focused] };
  }
  const outcome = await start('test', options, files, context);
  return readEvidence(outcome, files, options, context);
}

interface PlaywrightFiles {
  readonly folder: string;
  readonly report: string;
  readonly observed: string;
}

async function start(
  mode: 'list' | 'test',
  options: PlaywrightOptions,
  files: PlaywrightFiles,
  context: RunnerContext,
): Promise<ToolOutcome> {
  await removeFile(files.report);
  const { cli, version } = await findPlaywright(options.folder, context.projectRoot);
  const name = mode === 'list' ? 'list.' : '';
  return runTool({
    tool: 'playwright',
    version,
    command: commandOf(mode, options, cli, files.folder),
    env: await environmentOf(options, files, context),
    cwd: options.folder,
    stdoutPath: join(files.folder, `${name}stdout.log`),
    stderrPath: join(files.folder, `${name}stderr.log`),
    timeoutMs: mode === 'list' ? Math.min(listMs, options.budgetMs) : options.budgetMs,
    signal: context.signal,
    mask: context.mask,
    onLine: (line) => {
      if (line.startsWith('~ ')) context.emit(waitEvent('Playwright', line.slice(2)));
      else if (/^[✔✘] /.test(line)) context.emit({ type: 'step-progress', step: 'smoke', text: `Playwright: ${line}` });
    },
  });
}

/** What every evidence of Playwright has, and the screenshots that were kept. */
async function baseOf(
  outcome: ToolOutcome,
  folder: string,
  { projects, target }: PlaywrightOptions,
  { runFolder }: RunnerContext,
) {
  const kept = await keepScreenshots(join(folder, 'screenshots'));
  const logs = (await listFiles(folder)).filter((name) => name.endsWith('.log')).map((name) => join(folder, name));
  const files = [...logs, ...kept].map((path) => relative(runFolder, path));
  const own = projects === undefined ? {} : { projects };
  return { kept, base: { kind: 'smoke' as const, outcome, files, origins: originsOf(target), ...own } };
}

async function readEvidence(
  outcome: ToolOutcome,
  files: PlaywrightFiles,
  options: PlaywrightOptions,
  context: RunnerContext,
): Promise<SmokeEvidence> {
  const { kept, base } = await baseOf(outcome, files.folder, options, context);
  const report = await readReport(files.report, outcome);
  if (typeof report === 'string') return { ...base, steps: [], problems: [report] };

  const { runFolder, mask } = context;
  const { projects = [], expectedRelease, target } = options;
  const observed = readObserved(await readText(files.observed));
  const keep = (path: string) => (kept.includes(path) ? relative(runFolder, path) : undefined);
  const steps = journeyOf(report, {
    mask,
    keep,
    expectedRelease,
    observed,
    origins: originsOf(target),
    isOwn: options.projects !== undefined,
  });
  const missing = projects.filter((project) => !steps.some((step) => step.project === project));
  const unobserved = new Set(observed.flatMap((each) => each.unobserved ?? []));
  return {
    ...base,
    steps,
    waitedMs: waitedIn(report),
    problems: [
      ...report.errors.map((error) => `Playwright: ${firstLine(mask(error))}`),
      ...missing.map((project) => `Playwright ran no test of the project ${project}`),
      ...unprovedTests(report, observed).map(mask),
      ...[...unobserved].map((what) => `Playwright: ${what}`),
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
