import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parse as parseAnyYaml } from 'yaml';
import { toolEnvironment } from '../../src/config/environment.ts';
import { preflightSchema } from '../../src/config/preflight-schema.ts';
import { deploymentSchemaWith } from '../../src/config/target-schema.ts';
import { parseDuration } from '../../src/config/duration.ts';
import { parseLoadProfiles } from '../../src/config/load-profiles.ts';
import { parseSlos } from '../../src/config/slo-file.ts';
import { chooseEnvironment, parseTargetFile } from '../../src/config/target-file.ts';
import { findTarget } from '../../src/config/target.ts';
import { UserError } from '../../src/core/errors.ts';
import { parseDeployment, serviceDefaults } from '../contract/support/service-defaults.ts';

const config = resolve(import.meta.dirname, '../../config');
const read = (name: string) => readFileSync(join(config, name), 'utf8');

/** The message of the UserError that `act` throws. */
function refusal(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof UserError) {
      expect(error.next.length).toBeGreaterThan(0);
      return error.message;
    }
    throw error;
  }
  throw new Error('not refused');
}

describe('the files in config/', () => {
  const databaseUrl = 'postgres://shiproom:secret@db.freetask.example/freetask';
  const databases = ['MIGRATIONS_DATABASE_URL', 'SHIPROOM_STORE_URL', 'SCRATCH_DATABASE_URL', 'LIVE_DATABASE_URL'];
  const variables = Object.fromEntries(databases.map((each) => [each, databaseUrl]));

  it.each(readdirSync(join(config, 'targets')))('targets/%s parses', (name) => {
    const { name: own } = parseTargetFile(name, read(`targets/${name}`), variables, serviceDefaults);
    expect(own).toBe(name.replace(/(\.example)?\.yaml$/, ''));
  });

  it('targets/production.example.yaml names its secrets by variables only, and has every key of a deployment', () => {
    const text = read('targets/production.example.yaml');
    const example = parseDeployment('production.example.yaml', text, variables);
    expect(example.secrets).toEqual([databaseUrl]);
    const written = Object.keys(parseAnyYaml(text) as object);
    // In the place of a router and a runtime; of other log-ins; of targets with less than everything; written by the sandbox.
    const others = 'cluster platform login answers absent origins accepted objectives releases pid'.split(' ');
    const keys = Object.keys(deploymentSchemaWith(serviceDefaults).shape).filter((key) => !others.includes(key));
    expect(keys.filter((key) => !written.includes(key))).toEqual([]);
    const parts = Object.keys(preflightSchema.shape);
    expect(parts.filter((part) => !(part in (example.preflight ?? {})))).toEqual([]);
  });

  it('slo.yaml has the objectives of the SOP', () => {
    const objectives = Object.fromEntries(
      parseSlos('slo.yaml', read('slo.yaml')).map(({ id, clause, limit, limitIncluded }) => [
        id,
        [clause, limit, limitIncluded],
      ]),
    );
    expect(objectives).toEqual({
      'latency-p95': ['3.2a', 0.05, false],
      'latency-p50': ['3.2a', 0.5, false],
      'payment-success': ['3.2c', 0.02, true],
      'server-errors': ['3.2d', 0.005, false],
    });
  });

  it('load-profiles.yaml has the profiles named in the README', () => {
    const { profiles } = parseLoadProfiles('load-profiles.yaml', read('load-profiles.yaml'));
    expect(Object.keys(profiles)).toEqual(
      expect.arrayContaining(['smoke', 'stage', 'baseline', 'nightly', 'stress', 'spike', 'soak', 'breakpoint']),
    );
  });
});

describe('bad input is refused with file, line and key', () => {
  const slos = read('slo.yaml');
  const lineOf = (text: string, part: string) => text.split('\n').findLastIndex((line) => line.includes(part)) + 1;

  it.each([
    ['a rate without its unit', 'below: 0.5 %', 'below: 0.5', /slos\.3\.below: "?0\.5|slos\.3\.below/],
    ['a clause that does not exist', 'clause: 3.2d', 'clause: 9.9', /slos\.3\.clause/],
    ['an unknown key', 'minSamples: 800', 'minSample: 800', /slos\.3\.minSample: no such setting/],
    ['an id twice', 'id: server-errors', 'id: latency-p95', /slos\.3\.id: "latency-p95" is already in use/],
    ['a text that is not a duration', 'below: 1s', 'below: soon', /slos\.0\.below: "soon" is not a duration/],
  ])('%s', (_, right, wrong, expected) => {
    const message = refusal(() => parseSlos('slo.yaml', slos.replace(right, wrong)));
    expect(message).toMatch(expected);
    expect(message).toContain(`slo.yaml:${lineOf(slos.replace(right, wrong), wrong)}`);
  });

  it('broken YAML', () => {
    expect(refusal(() => parseSlos('slo.yaml', 'slos:\n  - id: [\n'))).toMatch(/^slo\.yaml:\d+: /);
  });

  it('an empty list of objectives is refused', () => {
    expect(refusal(() => parseSlos('slo.yaml', 'slos: []\n'))).toContain('slos');
  });

  const target = (more = '') =>
    `name: mine\nkind: staging\nenvironments:\n  green: { api: 'http://127.0.0.1:1/' }\n${more}`;
  const parse = (text: string, env = {}) => parseDeployment('mine.yaml', text, env);

  it.each([
    [
      'a text that is not an address',
      target().replace('http://127.0.0.1:1/', 'localhost'),
      'mine.yaml:4: environments.green.api',
    ],
    [
      'a password in an address',
      target().replace('http://127', 'http://admin:hunter2@127'),
      'mine.yaml:4: environments.green.api: an address without a user, a password',
    ],
    [
      'a window longer than its budget',
      target('readiness: { stableFor: 10m }\n'),
      'mine.yaml:5: readiness.stableFor: has to be shorter than `budget`',
    ],
    [
      'a window of one probe',
      target('readiness: { stableFor: 1s, interval: 2s }\n'),
      'mine.yaml:5: readiness.interval: not longer than `stableFor`',
    ],
    ['a variable with its value', target('env: [TOKEN=abc]\n'), 'mine.yaml:5: env.0: the name of'],
    ['a budget without its unit', target('smoke: { budget: 5 }\n'), 'smoke.budget: a duration with its unit; write'],
    ['a code that YAML reads as a number', target('otp: { from: fixed, code: 123456 }\n'), 'put it in quotes'],
    ['an empty file', '# nothing\n', 'mine.yaml:1: the file is empty'],
    ['an unknown key', target('readines: {}\n'), 'mine.yaml:5: readines: no such setting'],
    ['no environment', 'name: mine\nkind: staging\nenvironments: {}\n', 'mine.yaml:3: environments'],
    ['a prefix that is an address', target('paths: { auth: "http://x/auth" }\n'), 'mine.yaml:5: paths.auth: a path'],
    ['an OTP of four digits', target('otp: { from: fixed, code: "1234" }\n'), 'mine.yaml:5: otp.code: six digits'],
    ['metrics without such a preset', target('metrics: { preset: otel }\n'), 'mine.yaml:5: metrics.preset'],
    [
      'a setting that metrics do not have',
      target('metrics:\n  statuses: code\n'),
      'mine.yaml:6: metrics.statuses: no such',
    ],
    [
      'a histogram by its series',
      target('metrics: { durations: a_bucket }\n'),
      'mine.yaml:5: metrics.durations: the name of',
    ],
    [
      'an outcome that is both',
      target('metrics: { payments: { name: p, label: o, success: [ok], failure: [ok] } }\n'),
      'mine.yaml:5: metrics.payments.failure: a value is a success or a failure, not both',
    ],
    [
      'a variable that is not set',
      target('otp: { from: fixed, code: "${FREETASK_OTP}" }\n'),
      'mine.yaml:5: the environment variable FREETASK_OTP is not set',
    ],
  ])('%s', (_, text, expected) => {
    expect(refusal(() => parse(text))).toContain(expected);
    expect(refusal(() => parse(text))).not.toContain('hunter2');
  });

  it('a variable in a comment is ignored, one in a value is replaced', () => {
    const text = target('# ${NOT_SET}\notp: { from: fixed, code: "${FREETASK_OTP}" }\n');
    expect(parse(text, { FREETASK_OTP: '123456' }).otp).toEqual({ from: 'fixed', code: '123456' });
  });

  it("the SOP's values are the defaults, and paths are relative to the file", () => {
    const chosen = chooseEnvironment(
      '/etc/targets/mine.yaml',
      parse(target('smoke: { postman: ../theirs.json }\n')),
      undefined,
    );
    expect(chosen).toMatchObject({
      readiness: { stableForMs: 60_000 },
      smoke: { budgetMs: 300_000, postman: '/etc/theirs.json' },
      environment: { api: 'http://127.0.0.1:1' },
    });
  });

  it('an unknown environment is refused with the known ones', () => {
    expect(refusal(() => chooseEnvironment('mine.yaml', parse(target()), 'purple'))).toContain(
      'no environment "purple"',
    );
  });
});

describe('finding a target', () => {
  const places = { projectRoot: resolve(config, '..'), cwd: '/', variables: {} };

  it('an address of this machine is not production, any other is', async () => {
    const kind = async (url: string) => {
      const found = await findTarget({ url }, places);
      return found.kind === 'url' ? found.target.kind : found.kind;
    };
    expect(
      await Promise.all(['http://127.0.0.1:3000', 'http://localhost:3000/', 'http://[::1]:3000'].map(kind)),
    ).toEqual(['staging', 'staging', 'staging']);
    expect(
      await Promise.all(['https://freetask.example', 'http://10.0.0.8', 'http://127.0.0.1.example'].map(kind)),
    ).toEqual(['production', 'production', 'production']);
  });

  it.each([
    [{ url: 'http://127.0.0.1:1', env: 'green' }, '--url stands alone'],
    [{ url: 'ftp://127.0.0.1' }, 'not an http or https address'],
    [{ web: 'http://127.0.0.1:1' }, '--web goes with --url'],
    [{ target: 'no-such' }, 'There is no target "no-such"'],
    [{ target: 'production.example' }, 'production.example is an example, and no target'],
    [{ target: 'config/targets/production.example.yaml' }, 'is an example, and no target'],
  ])('%o is refused', async (options, expected) => {
    await expect(findTarget(options, places)).rejects.toThrow(expected);
  });
});

it('durations have a unit', () => {
  expect(['250ms', '5s', '1.5 m', '1h', '5', 's', '-1s'].map(parseDuration)).toEqual([
    250,
    5000,
    90_000,
    3_600_000,
    undefined,
    undefined,
    undefined,
  ]);
});

it('a tool inherits no variable that would change its behaviour', () => {
  const env = toolEnvironment({
    PATH: '/bin',
    ZX_SHELL: 'x',
    K6_VUS: '1',
    NODE_OPTIONS: '--x',
    SENTRY_AUTH_TOKEN: 't',
    HOME: '/root',
  });
  expect(env).toEqual({ PATH: '/bin', HOME: '/root' });
});
