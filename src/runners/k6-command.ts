import { join } from 'node:path';
import type { LoadPlan } from '../core/load-plan.ts';
import type { Slo } from '../core/slo.ts';
import { releaseHeaderOf, type Target } from '../core/target.ts';

export interface K6Options {
  readonly target: Target;
  readonly slos: readonly Slo[];
  readonly plan: LoadPlan;
  /** The tokens of both users; k6 reads them only from this file. */
  readonly sessionsFile: string;
  readonly k6: { readonly path: string; readonly version: string };
  readonly expectedRelease?: string;
  /** Where k6 appends what it counted every second, for a reader while it runs. */
  readonly recordFile?: string;
  /** Time limit of k6; by default the planned time and 30 s. */
  readonly budgetMs?: number;
}

/** Absolute paths of one run of k6. Only what is in `folder` is kept. */
export interface K6Files {
  readonly folder: string;
  readonly config: string;
  readonly script: string;
  readonly summary: string;
  readonly record: string;
}

export const argumentsOf = (command: 'inspect' | 'run', files: K6Files): string[] =>
  command === 'inspect'
    ? ['inspect', '--execution-requirements']
    : ['run', '--no-color', '--log-format', 'json', '--summary-export', files.summary];

export const environmentOf = (command: 'inspect' | 'run', files: K6Files): Record<string, string> => ({
  ...quiet,
  K6_CONFIG: files.config,
  ...(command === 'run' ? dashboard(join(files.folder, 'dashboard.html'), files.record) : {}),
});

/** k6 connects to the target only. */
const quiet = { K6_NO_USAGE_REPORT: 'true', K6_AUTO_EXTENSION_RESOLUTION: 'false', NO_COLOR: 'true' };

/** By default the dashboard listens on every interface and writes no file for a load of less than 20 s. */
const dashboard = (html: string, record: string): Record<string, string> => ({
  K6_WEB_DASHBOARD: 'true',
  K6_WEB_DASHBOARD_HOST: '127.0.0.1',
  K6_WEB_DASHBOARD_PORT: '0',
  K6_WEB_DASHBOARD_PERIOD: '1s',
  K6_WEB_DASHBOARD_EXPORT: html,
  K6_WEB_DASHBOARD_RECORD: record,
});

/** What the scripts in load/ need to know of the service. */
function serviceVariables(target: Target): Record<string, string> {
  const { login, answers, absentRoutes } = target.service;
  return {
    LOAD_REFRESH_PATH: login.with === 'none' ? '' : (login.refresh ?? ''),
    LOAD_ENVELOPE: answers.envelope ?? '',
    LOAD_ACCESS_FIELD: 'tokens' in login ? login.tokens.access : 'accessToken',
    LOAD_RELEASE_HEADER: releaseHeaderOf(target) ?? '',
    LOAD_ABSENT_ROUTES: absentRoutes.join(','),
  };
}

/** What the scripts in load/ are given; load/question.ts explains each. `folder` holds the plan and the objectives. */
export const scriptVariables = (
  { target, sessionsFile, expectedRelease }: Pick<K6Options, 'target' | 'sessionsFile' | 'expectedRelease'>,
  folder: string,
  /** The release that a probe saw; absent where answers do not name it. */
  probed: string | undefined,
): Record<string, string> => ({
  LOAD_PLAN_FILE: join(folder, 'plan.json'),
  LOAD_SLO_FILE: join(folder, 'slo.json'),
  LOAD_API_URL: target.environment.api,
  LOAD_API_PATH: target.paths.api,
  ...serviceVariables(target),
  LOAD_SESSIONS_FILE: sessionsFile,
  LOAD_RELEASE: expectedRelease ?? probed ?? '',
  LOAD_IDENTIFIES: probed === undefined ? '' : 'yes',
});

/** Visible in a process list, so no tokens are passed here. */
export const scriptArguments = (options: K6Options, files: K6Files, probed: string | undefined): string[] => [
  '--include-system-env-vars=false',
  ...Object.entries(scriptVariables(options, files.folder, probed)).flatMap(([name, value]) => [
    '-e',
    `${name}=${value}`,
  ]),
  files.script,
];
