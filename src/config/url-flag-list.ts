import { UserError } from '../core/errors.ts';

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

export type Variables = Readonly<Record<string, string | undefined>>;
/** `client2=anna@example.com` -> the users with this setting. */
const pairs =
  (flag: string, setting: string, read: (value: string, variables: Variables) => string = (value) => value) =>
  (texts: readonly string[], variables: Variables): Record<string, Record<string, string>> =>
    Object.fromEntries(
      texts.map((text) => {
        const [name, value] = pairOf(flag, text);
        return [name, { [setting]: read(value, variables) }];
      }),
    );

function pairOf(flagName: string, text: string): readonly [name: string, value: string] {
  const [, name, value] = /^([\w.-]+)=(.+)$/s.exec(text) ?? [];
  if (name !== undefined && value !== undefined) return [name, value];
  throw new UserError(`${flagName} ${text}: NAME=VALUE is needed`, [`${flagName} NAME=…`]);
}

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
/** Of the address. */
export const environment = 'environments.public';

/** `checkout=POST_TOKEN`: the text is kept, and its placeholders are filled later. */
const named = (name: string) => ({
  repeatable: true as const,
  read: (texts: readonly string[]): Record<string, string> =>
    Object.fromEntries(texts.map((text) => pairOf(name, text))),
});
const fromVariable = (name: string): Partial<UrlFlag> => ({
  read: ([text = ''], variables) => variable(name)(text, variables),
});
const lists = { repeatable: true as const, read: list };

/** `charges_total result ok declined,timeout`. */
const outcomes = ([text = '']: readonly string[]): unknown => {
  const [name, label, success, failure] = text.split(/\s+/);
  return { name, label, success: success?.split(','), failure: failure?.split(',') };
};

const service: readonly UrlFlag[] = [
  flag('--web <address>', `${environment}.web`, 'the web client'),
  flag('--auth-path <path>', 'paths.auth', 'prefix of the auth routes'),
  flag('--api-path <path>', 'paths.api', 'prefix of the other routes'),
  flag('--health <probe>', 'paths.health', "health: '/health', or 'METHOD /path STATUS BODY'"),
  flag('--ready <probe>', 'paths.ready', 'readiness likewise, or none'),
  flag('--stable-for <time>', 'readiness.stableFor', 'how long readiness has to hold'),
  flag('--ready-interval <time>', 'readiness.interval', 'between two probes of readiness'),
  flag('--ready-budget <time>', 'readiness.budget', 'how long readiness is waited for'),
  flag('--envelope <field>', 'answers.envelope', 'the field around the data of an answer, or bare'),
  flag('--error-field <field>', 'answers.error.message', 'the field with the message of an error, or none'),
  flag('--error-details-field <field>', 'answers.error.details', 'the field with the details of an error, or none'),
  flag('--error-code-field <field>', 'answers.error.code', 'the field with the code of an error, or none'),
  flag('--error-id-field <field>', 'answers.error.requestId', 'the field with the request id of an error, or none'),
  flag('--request-id-header <name>', 'answers.requestIdHeader', 'the header with the request id, or none'),
  flag('--release-header <name>', 'identity', 'the header with the release', {
    read: ([name]) => ({ from: 'header', name }),
  }),
  flag("--release-route <'path field'>", 'identity', 'the route and the field with the release', { read: route }),
  flag('--release-unverified <reason>', 'identity', 'nothing shows the release, and why that is accepted', {
    read: ([because]) => ({ from: 'none', because }),
  }),
  flag('--absent <route>', 'absent', 'a route that this service does not have', lists),
  flag('--origin <address>', 'origins', 'a further origin that belongs to it', lists),
  flag('--rate-limit <limit>', 'rateLimit', 'requests that every tool together may send: 30/m'),
];

const logIn: readonly UrlFlag[] = [
  flag('--login <kind>', 'login.with', 'otp, password, token or none'),
  flag('--login-path <path>', 'login.path', 'of a log-in with password'),
  flag('--user-field <field>', 'login.userField', 'field of the user in a log-in with password'),
  flag('--password-field <field>', 'login.passwordField', 'field of the password in it'),
  flag('--password-from <variable>', 'login.password', "name of the variable with all users' password", {
    ...fromVariable('--password-from'),
  }),
  flag('--otp-path <path>', 'login.request', 'where a one-time password is asked for'),
  flag('--verify-path <path>', 'login.verify', 'where a one-time password is verified'),
  flag('--otp-from <variable>', 'otp', 'name of the variable with a fixed one-time password', {
    read: ([name = ''], variables) => ({ from: 'fixed', code: variable('--otp-from')(name, variables) }),
  }),
  flag('--refresh-path <path>', 'login.refresh', 'where a token is refreshed, or none'),
  flag('--token-field <field>', 'login.accessToken', 'field of the access token in the answer to the log-in'),
  flag('--refresh-token-field <field>', 'login.refreshToken', 'field of the refresh token, or none'),
  flag('--token-life <time>', 'login.tokenLife', 'how long an access token is valid'),
  flag('--user <name=email>', 'users', 'a user by the name that the journeys know: buyer=anna@shop.example', {
    repeatable: true,
    read: pairs('--user', 'email'),
  }),
  flag('--username <name=username>', 'users', 'likewise, of a user without an e-mail address', {
    repeatable: true,
    read: pairs('--username', 'username'),
  }),
  flag('--user-password-from <name=variable>', 'users', "name of the variable with a user's password", {
    repeatable: true,
    read: pairs('--user-password-from', 'password', variable('--user-password-from')),
  }),
  flag('--token-from <name=variable>', 'users', "name of the variable with a user's token", {
    repeatable: true,
    read: pairs('--token-from', 'token', variable('--token-from')),
  }),
];

const journeys: readonly UrlFlag[] = [
  flag('--smoke-budget <time>', 'smoke.budget', 'the longest time of the smoke journey'),
  flag('--collection <file>', 'smoke.postman', 'a Postman collection instead of ours'),
  flag('--collection-environment <file>', 'smoke.postmanEnvironment', 'its environment'),
  flag('--collection-data <file>', 'smoke.postmanData', 'its data: one iteration for each row'),
  flag('--collection-variable <name=value>', 'smoke.postmanVariables', 'a variable of it: baseUrl={api}', {
    ...named('--collection-variable'),
  }),
  flag('--playwright <folder>', 'smoke.playwright', 'a folder of Playwright tests instead of ours, or false', {
    read: ([text]) => (text === 'false' ? false : text),
  }),
  flag('--playwright-variable <name=value>', 'smoke.playwrightVariables', 'an environment variable of its tests', {
    ...named('--playwright-variable'),
  }),
];

const load: readonly UrlFlag[] = [
  flag('--load-off <reason>', 'load.off', 'no load, and why'),
  flag('--load-script <file>', 'load.script', 'a k6 script instead of ours'),
  flag('--load-options <which>', 'load.options', 'kept: its own scenarios and thresholds; replaced: the profile'),
  flag('--load-variable <name=value>', 'load.variables', 'an environment variable of it: BASE_URL={api}', {
    ...named('--load-variable'),
  }),
  flag('--load-metric <objective=metric>', 'load.metrics', 'its metric behind an objective: payment-success=paid', {
    ...named('--load-metric'),
  }),
  flag('--load-requests <number>', 'load.iteration.requests', 'HTTP requests of one of its iterations', {
    read: ([text]) => Number(text),
  }),
  flag('--load-iteration <time>', 'load.iteration.time', 'the longest time of one of its iterations'),
];

const metrics: readonly UrlFlag[] = [
  flag('--metrics <address>', `${environment}.metrics`, 'a metrics page', lists),
  flag('--metrics-preset <library>', 'metrics.preset', 'whose names it has: prometheus-go, … (docs/metrics.md)'),
  flag('--metrics-requests <name>', 'metrics.requests', 'its counter of answers, or false', {
    read: ([text]) => (text === 'false' ? false : text),
  }),
  flag('--metrics-status <label>', 'metrics.status', 'its label with the status'),
  flag('--metrics-unanswered <value>', 'metrics.unanswered', 'a status of requests without an answer', lists),
  flag('--metrics-durations <name>', 'metrics.durations', 'its histogram, without _bucket'),
  flag('--metrics-unit <unit>', 'metrics.unit', 'seconds or milliseconds'),
  flag('--metrics-route <label>', 'metrics.route', 'its label with the route', lists),
  flag('--metrics-probe <route>', 'metrics.probes', 'a route of probes, which is no request of users', lists),
  flag('--metrics-start-time <name>', 'metrics.startTime', 'its start time of the process'),
  flag("--metrics-payments <'name label success failure'>", 'metrics.payments', 'its counter of payments', {
    read: outcomes,
  }),
  flag(
    '--inapplicable <kind=reason>',
    'objectives.inapplicable',
    'a kind of objective that does not apply: payment-success',
    {
      ...named('--inapplicable'),
    },
  ),
];

export const urlFlags: readonly UrlFlag[] = [...service, ...logIn, ...journeys, ...load, ...metrics];
