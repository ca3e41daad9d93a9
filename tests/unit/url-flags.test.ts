import { describe, expect, it } from 'vitest';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import { targetOfUrl } from '../../src/config/url-flags.ts';
import { configJsonSchemas } from '../../src/config/json-schemas.ts';
import { urlFlags } from '../../src/config/url-flag-list.ts';
import { UserError } from '../../src/core/errors.ts';
import type { Target } from '../../src/core/target.ts';
import { parseDeployment, serviceDefaults } from '../contract/support/service-defaults.ts';

const file = (more = '') =>
  `name: mine\nkind: staging\nenvironments:\n  public: { api: 'http://127.0.0.1:1/' }\n${more}`;
const target = (more = '', env = {}): Target =>
  chooseEnvironment('/etc/mine.yaml', parseDeployment('mine.yaml', file(more), env), undefined);

const isIn = (key: string, group: string): boolean => key === group || key.startsWith(`${group}.`);

interface KeySchema {
  readonly anyOf?: readonly KeySchema[];
  readonly properties?: Readonly<Record<string, KeySchema>>;
}
/** The dotted keys of the first alternative of a JSON schema, without what lists and alternatives have inside. */
const keysOf = (schema: object, prefix = ''): string[] =>
  Object.entries(
    (schema as KeySchema).properties ??
      (prefix === '' ? (schema as KeySchema).anyOf?.[0]?.properties : undefined) ??
      {},
  ).flatMap(([key, value]) => (value.properties ? keysOf(value, `${prefix}${key}.`) : [`${prefix}${key}`]));

/** The message of the UserError that `act` throws. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) return error.message;
    throw error;
  }
  throw new Error('not refused');
}

describe('the same settings as flags of --url', () => {
  const url = (flags: Record<string, string | string[]>, variables = {}) =>
    targetOfUrl('http://127.0.0.1:1/', flags, { cwd: '/work', variables }, serviceDefaults);

  it('give the same target', () => {
    const flags = {
      health: '/health 204 none',
      ready: 'none',
      login: 'password',
      loginPath: '/sessions',
      passwordFrom: 'PASSWORD',
      user: ['client=a@example.com', 'client2=b@example.com'],
      envelope: 'bare',
      requestIdHeader: 'none',
      releaseHeader: 'X-Version',
      absent: ['POST /reviews'],
      rateLimit: '30/m',
      loadOff: 'not here',
      origin: ['https://pay.example'],
      collection: 'theirs.json',
    };
    const more = `paths: { health: /health 204 none, ready: none }
login: { with: password, path: /sessions, password: s3cret-word }
users: { client: a@example.com, client2: b@example.com }
answers: { envelope: bare, requestIdHeader: none }
identity: { from: header, name: X-Version }
absent: [POST /reviews]
rateLimit: 30/m
load: { off: not here }
origins: [https://pay.example]
smoke: { postman: ../work/theirs.json }
`;
    const { target: found, secrets } = url(flags, { PASSWORD: 's3cret-word' });
    expect(found).toEqual({ ...target(more), name: 'url', settingsFrom: 'flags' });
    expect(secrets).toEqual(['s3cret-word', 's3cret-word']);
  });

  it('the flags of journeys, metrics and answers too', () => {
    const flags = {
      readyBudget: '90s',
      errorField: 'title',
      errorDetailsField: 'errors',
      errorIdField: 'none',
      otpPath: '/codes',
      otpFrom: 'CODE',
      refreshPath: 'none',
      refreshTokenField: 'none',
      smokeBudget: '1m',
      collection: 'theirs.json',
      collectionData: 'rows.csv',
      collectionVariable: ['baseUrl={api}', 'mail={email.client}'],
      playwright: 'e2e',
      playwrightVariable: ['TOKEN={token.client}'],
      metricsPreset: 'prometheus-go',
      metricsRequests: 'false',
      metricsRoute: ['route', 'path'],
      metricsPayments: 'charges_total result ok declined,timeout',
      releaseUnverified: 'the gateway strips it',
    };
    const more = `readiness: { budget: 90s }
answers: { error: { message: title, details: errors, requestId: none } }
login: { with: otp, request: /codes, refresh: none, refreshToken: none }
otp: { from: fixed, code: '123456' }
smoke:
  budget: 1m
  postman: ../work/theirs.json
  postmanData: ../work/rows.csv
  postmanVariables: { baseUrl: '{api}', mail: '{email.client}' }
  playwright: ../work/e2e
  playwrightVariables: { TOKEN: '{token.client}' }
metrics:
  preset: prometheus-go
  requests: false
  route: [route, path]
  payments: { name: charges_total, label: result, success: [ok], failure: [declined, timeout] }
identity: { from: none, because: the gateway strips it }
`;
    expect(url(flags, { CODE: '123456' }).target).toEqual({ ...target(more), name: 'url', settingsFrom: 'flags' });
    const inapplicable = ['payment-success=no payments'];
    expect(url({ inapplicable }).target.inapplicable).toEqual({ 'payment-success': 'no payments' });
  });

  it('every key that describes a service is a flag, unless it is a command, a list of facts, or a flag of its own', () => {
    const described = ['environments.public', 'paths', 'users', 'otp', 'absent', 'origins', 'rateLimit', 'readiness'];
    const groups = [...described, 'smoke', 'objectives', 'metrics', 'answers', 'identity'];
    const withoutFlag = [
      'environments.public.api',
      'environments.public.release',
      'environments.public.shutdown',
      'metrics.source',
    ];
    const keys = keysOf(configJsonSchemas(serviceDefaults).target).filter((key) =>
      groups.some((group) => isIn(key, group)),
    );
    const flagged = urlFlags.map(({ path }) => path.join('.'));
    const left = keys.filter((key) => ![...flagged, ...withoutFlag].some((each) => isIn(key, each)));
    expect(left).toEqual([]);
    expect(keys.length).toBeGreaterThan(30);
  });

  it('a token is named by its variable, and users are put together', () => {
    const flags = { login: 'token', user: ['client=a@example.com'], tokenFrom: ['client=T1', 'boss=T2'] };
    expect(url(flags, { T1: 'token-1', T2: 'token-2' }).target.service.users).toEqual({
      client: { email: 'a@example.com', token: 'token-1' },
      boss: { email: '', token: 'token-2' },
    });
  });

  it.each([
    [{ health: 'no path' }, '--health: a path, or'],
    [{ ready: '/r 200 ok' }, '--ready: none, or'],
    [{ login: 'magic' }, '--login'],
    [{ login: 'password' }, '--password-from'],
    [{ envelope: 'a.b' }, '--envelope: bare, or'],
    [{ user: ['client'] }, '--user client: NAME=VALUE'],
    [{ tokenFrom: ['client=NOT_SET'] }, '--token-from: the environment variable NOT_SET is not set'],
    [{ rateLimit: 'slow' }, '--rate-limit: "slow" is not'],
    [{ releaseRoute: '/version' }, '--release-route'],
    [{ authPath: 'http://x/' }, '--auth-path: a path'],
    [{ web: 'web' }, '--web: not an http or https address'],
  ])('%o is refused with its flag', (flags, expected) => {
    expect(refusal(() => url(flags as Record<string, string | string[]>))).toContain(expected);
  });
});
