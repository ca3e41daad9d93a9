import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { paceMs } from '../core/pace.ts';
import { releaseHeaderOf, type Target } from '../core/target.ts';
import { isWritableFolder, readJson } from '../system/files.ts';
import { playwrightVariables } from './journey-variables.ts';
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
  /** Environment variables of the tests, from the target file. */
  readonly variables?: Readonly<Record<string, string>>;
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
export async function findPlaywright(folder: string, projectRoot: string): Promise<Playwright> {
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

/** `list` loads the tests and runs none, also where some are focused with `.only`. */
export function commandOf(
  mode: 'list' | 'test',
  { folder, projects = [], target }: PlaywrightOptions,
  cli: string,
  output: string,
) {
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
    ...(mode === 'list' ? ['--list'] : []),
    // Workers do not know of each other's requests.
    ...(target.rateLimit ? ['--workers', '1'] : []),
    ...wanted,
  ] as const;
}

/** What the tests of any folder get, then what the target file adds, then what our own folder reads. */
export async function environmentOf(
  { target, ...options }: PlaywrightOptions,
  files: { readonly report: string; readonly observed: string },
  { toolEnv, projectRoot }: RunnerContext,
): Promise<Record<string, string>> {
  const { environment } = target;
  const observer = join(import.meta.dirname, 'playwright-child/observer.cjs');
  return {
    ...toolEnv,
    ...(await compileCache(projectRoot)),
    // Playwright's own default of `baseURL`.
    PLAYWRIGHT_TEST_BASE_URL: environment.web ?? environment.api,
    SHIPROOM_API_URL: environment.api,
    SHIPROOM_WEB_URL: environment.web ?? '',
    SHIPROOM_RELEASE: options.expectedRelease ?? '',
    SHIPROOM_CHROMIUM: options.chromium ?? '',
    ...ownFolder({ target, ...options }, projectRoot),
    ...options.variables,
    SHIPROOM_PLAYWRIGHT_REPORT: files.report,
    SHIPROOM_PLAYWRIGHT_ANSWERS: files.observed,
    SHIPROOM_PACE_MS: String(paceMs(target.rateLimit)),
    SHIPROOM_ID_HEADER: target.service.answers.requestIdHeader?.toLowerCase() ?? '',
    SHIPROOM_RELEASE_HEADER: releaseHeaderOf(target)?.toLowerCase() ?? '',
    NODE_OPTIONS: [toolEnv['NODE_OPTIONS'] ?? '', `--require ${JSON.stringify(observer)}`].join(' ').trim(),
    // A folder that has not installed Playwright finds ours.
    NODE_PATH: join(projectRoot, 'node_modules'),
    CI: '1',
    NO_COLOR: '1',
  };
}

/** What smoke/ reads. */
const ownFolder = ({ target, ...options }: PlaywrightOptions, projectRoot: string): Record<string, string> => ({
  ...playwrightVariables(target, options.expectedRelease),
  SHIPROOM_SESSIONS_FILE: options.sessionsFile,
  SHIPROOM_SESSIONS_WAIT_MS: String(options.sessionsWaitMs),
  SHIPROOM_OTP_FOLDER: projectRoot,
  SHIPROOM_LOGINS_OVER_FILE: options.loginsFinishedFile,
});
