import { describe, expect, it } from 'vitest';
import { chooseEnvironment } from '../../src/config/target-file.ts';
import { UserError } from '../../src/core/errors.ts';
import type { Target } from '../../src/core/target.ts';
import { parseDeployment } from '../contract/support/service-defaults.ts';

const file = (more = '') =>
  `name: mine\nkind: staging\nenvironments:\n  public: { api: 'http://127.0.0.1:1/' }\n${more}`;
const target = (more = '', env = {}): Target =>
  chooseEnvironment('/etc/mine.yaml', parseDeployment('mine.yaml', file(more), env), undefined);

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

it('an engine in a cluster needs the cluster', () => {
  const engine = 'load: { engine: { driver: kubernetes, image: k6 } }';
  expect(refusal(() => target(`${engine}\n`))).toContain('cluster: is missing, and load.engine is in Kubernetes');
  expect(target(`cluster: { namespace: shop }\n${engine}\n`).load.engine).toEqual({
    driver: 'kubernetes',
    image: 'k6',
    runners: 4,
    startWithinMs: 120_000,
    cluster: { namespace: 'shop' },
  });
  expect(target('load: { engine: { driver: k6 } }\n').load).not.toHaveProperty('engine');
});

describe('each key that says what a service is like is refused with file, line and key', () => {
  it.each([
    ['paths: { health: healthz is fine }', 'paths.health: a path, or `METHOD /path STATUS BODY`'],
    ['paths: { health: FETCH /healthz }', 'paths.health: the method is one of GET, HEAD'],
    ['paths: { health: HEAD /healthz 200 /ok/ }', 'paths.health: the answer to HEAD has no body'],
    ["paths: { health: '/healthz 200 /(/' }", 'paths.health: not a regular expression'],
    ['paths: { health: /healthz 999 }', 'paths.health: 999 is no HTTP status'],
    ['paths: { health: none }', 'paths.health: a probe is needed; readiness alone may be none'],
    ['answers: { envelope: 5 }', 'answers.envelope: bare, or the name of the field'],
    ['smoke: { playwright: true }', 'smoke.playwright: a folder, or false'],
    ['absent: reviews', 'absent: a list is expected, not a text'],
    ['cluster: {}\nload: { engine: { driver: kubernetes } }', 'load.engine.image: is missing'],
    [
      'cluster: {}\nload: { engine: { driver: kubernetes, image: k6, runners: 101 } }',
      'load.engine.runners: at most 100',
    ],
    ['cluster: {}\nload: { engine: { driver: kubernetes, image: k6, cpu: much } }', 'load.engine.cpu: a quantity'],
    [
      'cluster: {}\nload: { engine: { driver: kubernetes, image: k6 }, script: ./a.js }',
      'load.engine: contradicts `script`',
    ],
    ['load: { off: true }', 'load.off: a text is expected, not true or false'],
    ['identity: { from: route, path: /x }', 'identity.field: is missing: a text is expected'],
    ['paths: { health: { path: /healthz, statuz: 200 } }', 'paths.health.statuz: no such setting'],
    ['paths: { health: { status: 20 } }', 'paths.health.status: an HTTP status'],
    ['paths: { health: { body: ok } }', 'paths.health.body: the body is none, a JSON object, or /a regular'],
    ['paths: { health: { method: HEAD, body: { a: 1 } } }', 'paths.health.body: the answer to HEAD has no body'],
    [
      'preflight: { gates: { api-lint: { command: [npm, run, lint, --if-present], folder: . } } }',
      'preflight.gates.api-lint.command: --if-present passes without the script',
    ],
    ['paths: { ready: /ready soon }', 'paths.ready: none, or the body is'],
    ['users: { client: nobody }', 'users.client: an e-mail address'],
    ['users: { Client-1: a@example.com }', 'users.Client-1'],
    ['users: { client: { email: a@example.com, username: a } }', 'users.client.username: a user has an `email` or'],
    ['users: { client: { token: "" } }', 'users.client.token: the token'],
    ['login: magic', 'login: otp, password, token or none'],
    ['login: { with: magic }', 'login.with: one of otp, password, token, none is expected'],
    ['login: { with: password, paths: /x }', 'login.paths: no such setting'],
    ['login: password', 'login.password: a log-in with password needs it, or `users`'],
    [
      'login: password\nusers: { client: a@example.com }',
      "users.client: a log-in with password needs the user's `pass",
    ],
    ['login: token', 'login: a log-in with token needs `users`'],
    ['login: token\nusers: { client: a@example.com }', "users.client: a log-in with token needs the user's `token`"],
    ['login: none\notp: { from: response }', 'otp: contradicts a log-in with none'],
    ['login: { with: otp, tokenLife: long }', 'login.tokenLife: "long" is not a duration'],
    ['login: { with: otp, accessToken: a b }', 'login.accessToken: the name of a field'],
    ['answers: { envelope: a.b }', 'answers.envelope: bare, or the name of the field'],
    ['answers: { requestIdHeader: "X Id" }', 'answers.requestIdHeader: the name of a header'],
    ['answers: { error: { mesage: m } }', 'answers.error.mesage: no such setting'],
    ['absent: [reviews]', 'absent.0: a route without the prefixes'],
    ['origins: [https://pay.example/v1]', 'origins.0: an origin has no path'],
    ['accepted: [{ id: a, reason: r, owner: o, until: soon }]', 'accepted.0.until: a date'],
    ['accepted: [{ id: a, reason: r, until: 2027-01-31 }]', 'accepted.0.owner'],
    [
      'accepted: [{ id: a, reason: r, owner: o, until: 2027-01-31 }, { id: a, reason: r, owner: o, until: 2027-01-31 }]',
      'accepted.1.id: "a" is accepted twice',
    ],
    ['rateLimit: 30', 'rateLimit: a limit of requests; write'],
    ['rateLimit: 30 a minute', 'rateLimit: "30 a minute" is not a limit of requests; write for example 30/m'],
    ['load: { off: "" }', 'load.off: the reason'],
    ['load: { off: none here, script: x.js }', 'load.script: contradicts `off`'],
    ['load: { options: kept }', 'load.options: goes with `script`'],
    ['load: { script: x.js, options: both }', 'load.options'],
    ['load: { iteration: { requests: 3 } }', 'load.iteration: goes with `script`'],
    ['load: { script: x.js, options: kept, rate: 5 }', 'load.rate: contradicts `options: kept`'],
    ['load: { script: x.js, metrics: { latency-p95: "x{name:y}" } }', 'load.metrics.latency-p95: the name of a metric'],
    ['load: { script: x.js, variables: { K6_VUS: "1" } }', 'load.variables.K6_VUS: would change the options of k6'],
    ['load: { metrics: { latency-p95: x } }', 'load.metrics: goes with `script`'],
    [
      'smoke: { postmanVariables: { t: "{token.boss}" } }',
      'smoke.postmanVariables.t: the target has no user boss; add',
    ],
    ['load: { script: a.js, variables: { T: "{token.boss}" } }', 'load.variables.T: the target has no user boss'],
    ['smoke: { postmanVariables: { u: "{url}" } }', 'smoke.postmanVariables.u: {url} is no placeholder'],
    ['smoke: { postmanData: rows.csv }', 'smoke.postmanData: goes with `postman`'],
    ['smoke: { playwrightVariables: { A: b } }', 'smoke.playwrightVariables: goes with `playwright`'],
    ['defaultEnvironment: green', 'defaultEnvironment: there is no environment green'],
  ])('%s', (line, expected) => {
    const message = refusal(() => target(`${line}\n`));
    expect(message).toContain(expected);
    expect(message).toMatch(/^mine\.yaml:[5-6]: /);
  });
});

describe('what the keys mean', () => {
  it('a probe in one line is the same as its keys', () => {
    const short = target('paths: { health: HEAD /health 200,204, ready: none }\n'.replace('200,204', '204'));
    const long = target('paths: { health: { path: health, method: HEAD, status: 204, body: none }, ready: none }\n');
    expect(short.service).toEqual(long.service);
    expect(short.service).toMatchObject({
      health: { method: 'HEAD', path: '/health', statuses: [204], body: { kind: 'any' } },
      readiness: 'none',
    });
  });

  it('the contract is the default', () => {
    expect(target().service).toMatchObject({
      health: { path: '/healthz', statuses: [200], body: { kind: 'json', subset: { status: 'ok' } } },
      readiness: { path: '/readyz', body: { kind: 'json', subset: { status: 'ready' } } },
      login: { with: 'otp', request: '/auth/login', verify: '/auth/verify-otp', refresh: '/auth/refresh' },
      users: { client: { email: 'client@example.com' }, freelancer: { email: 'freelancer@example.com' } },
      answers: { envelope: 'data', requestIdHeader: 'X-Request-Id', error: { message: 'error.message' } },
      absentRoutes: [],
    });
  });

  it.each(['/api/auth', 'api/auth', '/api/auth/', 'api/auth/'])('the prefix %s is put right', (auth) => {
    expect(target(`paths: { auth: ${auth} }\n`).service.login).toMatchObject({ request: '/api/auth/login' });
  });

  it('the prefix / is none', () => {
    expect(target('paths: { auth: / }\n').service.login).toMatchObject({ request: '/login' });
  });

  it('users are those that the file names; a password for all is of each that has none', () => {
    const more =
      "login: { with: password, path: /sessions, refresh: none, password: '${ALL}' }\n" +
      "users: { client: a@example.com, boss: { username: boss, password: '${BOSS}' } }\n";
    const { service } = target(more, { ALL: 'for-everyone', BOSS: 'for-the-boss' });
    expect(service.users).toEqual({
      client: { email: 'a@example.com', password: 'for-everyone' },
      boss: { email: 'boss', password: 'for-the-boss' },
    });
    expect(service.login).not.toHaveProperty('refresh');
  });

  it('where nobody logs in there are no users', () => {
    expect(target('login: none\n').service.users).toEqual({});
  });

  it('a field that does not exist is absent', () => {
    const more = 'answers: { envelope: bare, requestIdHeader: none, error: { message: message, details: none } }\n';
    expect(target(more).service.answers).toEqual({ error: { message: 'message', requestId: 'requestId' } });
  });

  it('files are beside the target file, and a limit has its unit', () => {
    const more = 'smoke: { playwright: ../theirs }\nload: { script: theirs.js }\nrateLimit: 30/m\n';
    expect(target(more)).toMatchObject({
      smoke: { playwright: '/theirs' },
      load: { script: { path: '/etc/theirs.js', options: 'replaced', metrics: {} } },
      rateLimit: { requests: 30, perMs: 60_000 },
    });
  });

  it('a file with one environment has that default', () => {
    expect(target().environment.name).toBe('public');
  });
});
