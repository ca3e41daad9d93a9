import { join, resolve } from 'node:path';

/** Read from process.env and the process, here and nowhere else. */
export interface ProcessEnvironment {
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Absolute: where runs are kept instead of the project's reports/. */
  readonly reportsRoot?: string;
  /** Where the step summary of a GitHub job is appended. */
  readonly githubStepSummary?: string;
  readonly stderr: { readonly isTty: boolean; readonly color: boolean; readonly columns: number };
  readonly stdout: { readonly isTty: boolean; readonly color: boolean; readonly columns: number };
}

export function readProcessEnvironment(): ProcessEnvironment {
  const { env } = process;
  const stream = (out: NodeJS.WriteStream) => ({
    isTty: out.isTTY && env['CI'] === undefined,
    color: env['NO_COLOR'] ? false : env['FORCE_COLOR'] ? true : out.isTTY,
    columns: out.columns ?? 120,
  });
  return {
    variables: env,
    cwd: process.cwd(),
    ...(env['SHIPROOM_REPORTS'] ? { reportsRoot: resolve(env['SHIPROOM_REPORTS']) } : {}),
    ...(env['GITHUB_STEP_SUMMARY'] ? { githubStepSummary: env['GITHUB_STEP_SUMMARY'] } : {}),
    stderr: stream(process.stderr),
    stdout: stream(process.stdout),
  };
}

/** Absolute: the store of a target whose file names none. All checkouts of one user share it, unless SHIPROOM_REPORTS is set. */
export function defaultStoreFolder(
  { variables, reportsRoot }: Pick<ProcessEnvironment, 'variables' | 'reportsRoot'>,
  fallback: string,
): string {
  if (reportsRoot !== undefined) return reportsRoot;
  const { XDG_STATE_HOME: state, HOME: home } = variables;
  if (state) return resolve(state, 'shiproom');
  return home ? join(home, '.local/state/shiproom') : fallback;
}

/** The variables a tool inherits: enough to run, none that would change its behaviour (ZX_*, K6_*, NODE_OPTIONS, SENTRY_*). */
const inherited = [
  'PATH',
  'HOME',
  'USER',
  'LOGNAME',
  'SSH_AUTH_SOCK',
  'LANG',
  'LC_ALL',
  'TMPDIR',
  'TZ',
  'NODE_EXTRA_CA_CERTS',
  'SSL_CERT_FILE',
  'SSL_CERT_DIR',
] as const;

export function toolEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  /** Further variables named by the target file. */
  more: readonly string[] = [],
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of [...inherited, ...more]) {
    const value = variables[name];
    if (value !== undefined) kept[name] = value;
  }
  return kept;
}
