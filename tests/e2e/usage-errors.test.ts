import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './support/command.ts';
import { projectRoot } from './support/running-sandbox.ts';
import { startStubServer } from './support/stub-server.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** A wrong command ends with 2, says what to type instead, and has touched nothing: no report, not one request. */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

const files = {
  'broken.yaml': 'name: broken\nkind: staging\nenvironments: { green: { api: http://127.0.0.1:1 }\n',
  'unknown-key.yaml': 'name: odd\nkind: staging\nenvironments:\n  green:\n    api: http://127.0.0.1:1\n    apii: x\n',
  'blue-only.yaml': 'name: half\nkind: staging\nenvironments:\n  blue:\n    api: http://127.0.0.1:1\n',
  'production.yaml': 'name: prod\nkind: production\nenvironments:\n  green:\n    api: http://127.0.0.1:1\n',
  'empty-slo.yaml': 'slos: []\n',
  'nowhere-journey.yaml':
    'name: prod\nkind: production\nenvironments:\n  green:\n    api: http://127.0.0.1:1\nsmoke: { postman: nowhere.json, playwright: ./nothing }\n',
};

const wrong: readonly { readonly what: string; readonly args: readonly string[]; readonly says: RegExp }[] = [
  {
    what: 'an unknown flag',
    args: ['--urll', 'http://127.0.0.1:1'],
    says: /unknown option '--urll'\n\(Did you mean --url\?/,
  },
  { what: 'an argument too many', args: ['staging'], says: /too many arguments/ },
  { what: 'a rate that is no number', args: ['--rate', 'lots'], says: /--rate <requests>.*a number above 0 is needed/ },
  { what: 'a duration that is none', args: ['--duration', '5'], says: /--duration <time>.*a duration is needed/ },
  {
    what: 'an unknown target',
    args: ['--target', 'stagging'],
    says: /There is no target "stagging"\.[^]*--target staging/,
  },
  { what: 'a target file that is not there', args: ['--target', 'nowhere.yaml'], says: /nowhere\.yaml/ },
  { what: 'a target file that is no YAML', args: ['--target', '{}/broken.yaml'], says: /broken\.yaml:\d: / },
  {
    what: 'a target file with a setting that does not exist',
    args: ['--target', '{}/unknown-key.yaml'],
    says: /unknown-key\.yaml:6: environments\.green\.apii: no such setting/,
  },
  {
    what: 'an environment that the target has not',
    args: ['--target', '{}/blue-only.yaml', '--env', 'green'],
    says: /has no environment "green"[^]*--env blue/,
  },
  {
    what: 'an environment that cannot be',
    args: ['--env', 'gren'],
    says: /--env <environment>.*Allowed choices are blue, green, public, idle, live/,
  },
  { what: 'a folder in the place of a target file', args: ['--target', '{}/'], says: /cannot be read: EISDIR/ },
  { what: 'a folder in the place of objectives', args: ['--slo', '{}'], says: /cannot be read: EISDIR/ },
  {
    what: 'a journey that is not there',
    args: ['--target', '{}/nowhere-journey.yaml', '--allow-production-load'],
    says: /smoke\.postman: there is no .*nowhere\.json\nsmoke\.playwright: there is no .*nothing/,
  },
  { what: '--url with --env', args: ['--url', 'http://127.0.0.1:1', '--env', 'green'], says: /--url stands alone/ },
  { what: '--url with --target', args: ['--url', 'http://127.0.0.1:1', '--target', 'x'], says: /--url stands alone/ },
  { what: '--web without --url', args: ['--web', 'http://127.0.0.1:1'], says: /--web goes with --url/ },
  { what: 'an address that is none', args: ['--url', '127.0.0.1:1'], says: /not an http or https address/ },
  { what: 'an unknown profile', args: ['--url', 'http://127.0.0.1:1', '--profile', 'x'], says: /--profile stage/ },
  { what: 'objectives that are none', args: ['--slo', '{}/empty-slo.yaml'], says: /empty-slo\.yaml:1: slos: / },
  {
    what: 'a release that the sandbox has not',
    args: ['--release', 'freetask@9.9.9'],
    says: /Known: freetask@1\.4\.0/,
  },
  {
    what: 'load on production without consent',
    args: ['--target', '{}/production.yaml'],
    says: /is production[^]*--allow-production-load/,
  },
  {
    what: 'load on an address that is not of this machine, without consent',
    args: ['--url', 'https://freetask.example'],
    says: /https:\/\/freetask\.example is production/,
  },
];

it.each(wrong)('$what', async ({ args, says }) => {
  for (const [name, text] of Object.entries(files)) await writeFile(join(workspace.path, name), text);
  const before = await readdir(join(projectRoot, 'reports')).catch(() => []);
  const filled = args.map((arg) => arg.replace('{}', workspace.path));
  const { exitCode, stdout, stderr } = await runCommand('verify', filled);
  expect(exitCode, stderr).toBe(2);
  expect(stderr).toMatch(says);
  expect(stderr, 'a mistake of the person is no crash').not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  expect(await readdir(join(projectRoot, 'reports')).catch(() => [])).toEqual(before);
});

it.each([
  [['run', 'verify', '--target=production'], /npm kept --target for itself[^]*npm run verify -- --target production/],
  [['run', 'deploy', '--dry-run'], /npm kept --dry-run for itself[^]*npm run deploy -- --dry-run/],
  [['run', 'verify', '--target', 'production'], /too many arguments[^]*npm run … -- --flag value|npm kept --target/],
])('npm %j is not taken for something else', async (args, says) => {
  const { status, stderr } = spawnSync('npm', args, { cwd: projectRoot, encoding: 'utf8' });
  expect(status, stderr).toBe(2);
  expect(stderr).toMatch(says);
});

it('does not even look at what it must not load', async () => {
  let requests = 0;
  await using server = await startStubServer((_, response) => {
    requests += 1;
    response.end();
  });
  const target = await workspace.targetFile({ kind: 'production', environments: { green: { api: server.url } } });
  expect(await runCommand('load', ['--target', target])).toMatchObject({ exitCode: 2 });
  expect(requests).toBe(0);
});

it('help is not a mistake', async () => {
  const { exitCode, stdout } = await runCommand('verify', ['--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('--allow-production-load');
});
