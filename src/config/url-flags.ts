import { join } from 'node:path';
import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';
import { problemsOf } from './schema-problems.ts';
import { chooseEnvironment } from './target-file.ts';
import type { ServiceDefaults } from './service-file.ts';
import { deploymentSchemaWith } from './target-schema.ts';

/** Settings of a target file that are also flags of `--url`; each `key` is the flag in camel case. */
export interface UrlFlag {
  readonly key: string;
  readonly flag: string;
  readonly description: string;
  readonly repeatable?: true;
  /** Where the value stands in a target file. */
  readonly path: readonly string[];
  /** The value of that key; by default the text itself. */
  readonly read?: (texts: readonly string[], variables: Variables) => unknown;
}

type Variables = Readonly<Record<string, string | undefined>>;
type FlagValue = string | readonly string[] | undefined;
/** Values of the flags by their key. */
export interface UrlFlags {
  readonly [key: string]: unknown;
  readonly web?: string | undefined;
}

/** `client2=anna@example.com` -> the users with this setting. */
const pairs =
  (flag: string, setting: string, read: (value: string, variables: Variables) => string = (value) => value) =>
  (texts: readonly string[], variables: Variables): Record<string, Record<string, string>> =>
    Object.fromEntries(
      texts.map((text) => {
        const [, name, value] = /^(\w+)=(.+)$/.exec(text) ?? [];
        if (name !== undefined && value !== undefined) return [name, { [setting]: read(value, variables) }];
        throw new UserError(`${flag} ${text}: NAME=VALUE is needed`, [`${flag} client=…`]);
      }),
    );

/** A secret in an argument would appear in the process list, so flags name the variable that holds it. */
const variable =
  (flag: string) =>
  (name: string, variables: Variables): string => {
    const value = variables[name];
    if (value !== undefined && value !== '') return value;
    throw new UserError(`${flag}: the environment variable ${name} is not set`, [`export ${name}=…`]);
  };

const route = ([text = '']: readonly string[]): unknown => {
  const [path, field] = text.split(/\s+/);
  return { from: 'route', path, field };
};

const flag = (spec: string, path: string, description: string, more: Partial<UrlFlag> = {}): UrlFlag => {
  const [name = ''] = spec.split(' ');
  const key = name.slice(2).replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());
  return { key, flag: spec, description, path: path.split('.'), ...more };
};
const list = (texts: readonly string[]): readonly string[] => texts;
const environment = 'environments.public';

export const urlFlags: readonly UrlFlag[] = [
  flag('--web <address>', `${environment}.web`, 'the web client'),
  flag('--metrics <address>', `${environment}.metrics`, 'a metrics page', { repeatable: true, read: list }),
  flag('--auth-path <path>', 'paths.auth', 'prefix of the auth routes'),
  flag('--api-path <path>', 'paths.api', 'prefix of the other routes'),
  flag('--health <probe>', 'paths.health', "health: '/health', or 'METHOD /path STATUS BODY'"),
  flag('--ready <probe>', 'paths.ready', 'readiness likewise, or none'),
  flag('--stable-for <time>', 'readiness.stableFor', 'how long readiness has to hold'),
  flag('--login <kind>', 'login.with', 'otp, password, token or none'),
  flag('--login-path <path>', 'login.path', 'of a log-in with password'),
  flag('--password-from <variable>', 'login.password', "name of the variable with all users' password", {
    read: ([name = ''], variables) => variable('--password-from')(name, variables),
  }),
  flag('--user <name=email>', 'users', 'a user: client, client2, freelancer, freelancer2, admin', {
    repeatable: true,
    read: pairs('--user', 'email'),
  }),
  flag('--token-from <name=variable>', 'users', "name of the variable with a user's token", {
    repeatable: true,
    read: pairs('--token-from', 'token', variable('--token-from')),
  }),
  flag('--token-field <field>', 'login.accessToken', 'field of the access token in the answer to the log-in'),
  flag('--envelope <field>', 'answers.envelope', 'the field around the data of an answer, or bare'),
  flag('--error-field <field>', 'answers.error.message', 'the field with the message of an error, or none'),
  flag('--request-id-header <name>', 'answers.requestIdHeader', 'the header with the request id, or none'),
  flag('--release-header <name>', 'identity', 'the header with the release', {
    read: ([name]) => ({ from: 'header', name }),
  }),
  flag("--release-route <'path field'>", 'identity', 'the route and the field with the release', { read: route }),
  flag('--absent <route>', 'absent', 'a route that this service does not have', { repeatable: true, read: list }),
  flag('--origin <address>', 'origins', 'a further origin that belongs to it', { repeatable: true, read: list }),
  flag('--rate-limit <limit>', 'rateLimit', 'requests that every tool together may send: 30/m'),
  flag('--load-off <reason>', 'load.off', 'no load, and why'),
  flag('--load-script <file>', 'load.script', 'a k6 script instead of ours'),
  flag('--collection <file>', 'smoke.postman', 'a Postman collection instead of ours'),
  flag('--collection-environment <file>', 'smoke.postmanEnvironment', 'its environment'),
  flag('--playwright <folder>', 'smoke.playwright', 'a folder of Playwright tests instead of ours, or false', {
    read: ([text]) => (text === 'false' ? false : text),
  }),
];

const textsOf = (value: FlagValue): readonly string[] | undefined =>
  value === undefined ? undefined : typeof value === 'string' ? [value] : value;

/** The flags on the command line that go with --url only. */
export const givenFlags = (flags: UrlFlags): readonly string[] =>
  urlFlags.filter(({ key }) => flags[key] !== undefined).map(({ flag: spec }) => spec.split(' ')[0] ?? spec);

const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * A service by its address: the flags are the keys of a target file, with the same defaults and the same checks. An address
 * beyond this machine is treated as production. Throws UserError with the flag that is wrong.
 */
export function targetOfUrl(
  url: string,
  flags: UrlFlags,
  { cwd, variables }: { readonly cwd: string; readonly variables: Variables },
  defaults: ServiceDefaults,
): { readonly kind: 'url'; readonly target: Target; readonly secrets: readonly string[] } {
  const raw: Record<string, unknown> = {
    name: 'url',
    kind: URL.canParse(url) && loopback.test(new URL(url).hostname) ? 'staging' : 'production',
    environments: { public: { api: url } },
  };
  const given = urlFlags.flatMap((each) => {
    const texts = textsOf(flags[each.key] as FlagValue);
    return texts ? [{ ...each, value: each.read ? each.read(texts, variables) : texts[0] }] : [];
  });
  for (const { path, value } of given) put(raw, path, value);
  completeLogin(raw);
  const parsed = deploymentSchemaWith(defaults).safeParse(raw);
  if (!parsed.success) throw refusal(parsed.error, url);
  const target = chooseEnvironment(join(cwd, '--url'), { ...parsed.data, secrets: [], defaults }, undefined);
  const secrets = Object.values(target.service.users).flatMap(({ password, token }) =>
    [password ?? [], token ?? []].flat(),
  );
  return { kind: 'url', target, secrets };
}

/** Sets a key; what several flags say of the users is put together. */
function put(raw: Record<string, unknown>, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  const held = raw[key];
  if (rest.length > 0) return put((raw[key] ??= {}) as Record<string, unknown>, rest, value);
  raw[key] = isRecord(held) && isRecord(value) ? merged(held, value) : value;
}

function merged(held: Record<string, unknown>, more: Record<string, unknown>): Record<string, unknown> {
  const entries = Object.entries(more).map(([key, value]) => {
    const old = held[key];
    return [key, isRecord(old) && isRecord(value) ? { ...old, ...value } : value];
  });
  return { ...held, ...(Object.fromEntries(entries) as Record<string, unknown>) };
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/** --token-field without --login is one of the contract's log-in; --login-path is one with password. */
function completeLogin(raw: Record<string, unknown>): void {
  const { login } = raw;
  if (isRecord(login) && login['with'] === undefined)
    login['with'] = 'path' in login || 'password' in login ? 'password' : 'otp';
}

function refusal(error: Parameters<typeof problemsOf>[0], url: string): UserError {
  const lines = problemsOf(error).map(({ path, message }) => {
    const key = path.join('.');
    const found = urlFlags.findLast(({ path: own }) => key === own.join('.') || key.startsWith(`${own.join('.')}.`));
    if (found) return `${found.flag.split(' ')[0]}: ${message}`;
    if (key === `${environment}.api`) return `--url ${url.replace(/\/\/[^@/]*@/, '//')}: ${message}`;
    return `--${path[0] ?? 'url'}: ${message}`;
  });
  return new UserError(lines.join('\n'), [
    'npm run verify -- --help   lists the flags of --url',
    '--url http://127.0.0.1:3000',
  ]);
}
