import { spawnSync } from 'node:child_process';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { runCommand } from './support/command.ts';
import { projectRoot } from './support/running-sandbox.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** How a refused command ends: exit code 2, the reason on stderr, an empty stdout, no run. What is refused: tests/unit/usage-errors. */
let workspace: Workspace;
beforeAll(async () => {
  workspace = await openWorkspace();
});
afterAll(() => workspace[Symbol.asyncDispose]());

it.each([
  ['a wrong flag', ['--urll', 'http://127.0.0.1:1'], /unknown option '--urll'/],
  ['a wrong configuration', ['--target', 'stagging'], /There is no target "stagging"\.[^]*try: --target staging/],
])('%s', async (_, args, message) => {
  const reports = join(workspace.path, 'reports');
  const { exitCode, stdout, stderr } = await runCommand('verify', args, { SHIPROOM_REPORTS: reports });
  expect(exitCode, stderr).toBe(2);
  expect(stderr).toMatch(message);
  expect(stderr, 'a usage error is no crash').not.toMatch(/^\s+at /m);
  expect(stdout).toBe('');
  await expect(readdir(reports)).rejects.toThrow('ENOENT');
});

it('a broken configuration of every kind is refused by a process with its place and what to type, without a stack trace', async () => {
  const target = 'name: mine\nkind: staging\nenvironments:\n  green: { api: http://127.0.0.1:1 }\n';
  const files: Readonly<Record<string, string>> = {
    'empty.yaml': '',
    'binary.yaml': '\0\u0001\u0002',
    'tab.yaml': `${target}load:\n\tprofile: stage\n`,
    'twice.yaml': `${target}kind: production\n`,
    'list.yaml': '- name: mine\n',
    'typo.yaml': `${target}readines: {}\n`,
    'duration.yaml': `${target}smoke: { budget: soon }\n`,
    'placeholder.yaml': `${target}otp: { from: command, command: [a, '{mail}'] }\n`,
    'variable.yaml': `${target}otp: { from: fixed, code: '\${NOT_SET}' }\n`,
    'alias.yaml': `${target}users: &a [*a]\n`,
    'percent.yaml': 'slos:\n  - { id: a, title: A, clause: 3.2d, kind: server-errors, below: half, minSamples: 1 }\n',
    'nan.yaml':
      'slos:\n  - { id: a, title: A, clause: 3.2a, kind: latency, percentile: .nan, below: 1s, minSamples: 1 }\n',
  };
  const refused = Object.entries(files).map(async ([name, text]) => {
    const file = join(workspace.path, name);
    await writeFile(file, text);
    const flags = text.startsWith('slos') ? ['--url', 'http://127.0.0.1:1', '--slo', file] : ['--target', file];
    const { exitCode, stdout, stderr } = await runCommand('verify', flags, { SHIPROOM_REPORTS: workspace.path });
    const lines = stderr.trim().split('\n');
    const isPlaced = lines[0]?.startsWith(`${file}:`) === true && /^:\d+: \S/.test(lines[0].slice(file.length));
    return { name, exitCode, stdout, isPlaced, typed: /^ {2}try: /m.test(stderr), stack: /^\s+at /m.test(stderr) };
  });
  expect(await Promise.all(refused)).toEqual(
    Object.keys(files).map((name) => ({ name, exitCode: 2, stdout: '', isPlaced: true, typed: true, stack: false })),
  );
});

it('a release is refused before its preflight where the folder of a gate or of a build does not exist', async () => {
  const target = [
    'name: mine',
    'kind: staging',
    'store: { driver: folder, folder: store }',
    'environments: { blue: { api: http://127.0.0.1:1 }, green: { api: http://127.0.0.1:1 } }',
    'router: { driver: haproxy, socket: none.sock, backend: mine }',
    'runtime: { driver: process, command: [none], folder: places, places: [{ name: green-1, colour: green, surge: false, zone: a, address: http://127.0.0.1:1 }] }',
  ];
  const build = 'command: [none], folder: nowhere';
  for (const [key, settings] of [
    ['gates.test', `gates: { test: { ${build} } }`],
    ['artifacts.bundle', `artifacts: { bundle: { ${build}, file: a.aab } }`],
  ]) {
    const file = join(workspace.path, 'no-folder.yaml');
    await writeFile(file, [...target, `preflight: { ${settings} }`].join('\n'));
    const reports = join(workspace.path, 'none');
    const args = ['--target', file, '--release', 'mine@2'];
    const { exitCode, stderr } = await runCommand('release', args, { SHIPROOM_REPORTS: reports });
    expect(exitCode, stderr).toBe(2);
    expect(stderr).toContain(`preflight.${key}.folder: ${join(workspace.path, 'nowhere')} does not exist`);
    await expect(readdir(reports)).rejects.toThrow('ENOENT');
  }
});

it.each(['preflight', 'release'])('%s: a hotfix without its reason is refused', async (command) => {
  const { exitCode, stderr } = await runCommand(command, ['--hotfix', ' ']);
  expect(exitCode, stderr).toBe(2);
  expect(stderr).toMatch(/--hotfix <why>.*the reason is needed: --hotfix "payments fail/);
});

it.each([
  [['run', 'verify', '--target=production'], /npm run verify -- --target production/],
  [
    ['run', 'verify', '--target', 'production'],
    /too many arguments[^]*npm run … -- --flag value|npm run verify -- --target/,
  ],
])('npm %j is refused: npm consumes flags before --', (args, message) => {
  const { status, stderr } = spawnSync('npm', args, { cwd: projectRoot, encoding: 'utf8' });
  expect(status, stderr).toBe(2);
  expect(stderr).toMatch(message);
});

it('a flag that npm consumed is refused by every command, before a rollout starts in the place of a dry run', async () => {
  const { exitCode, stderr } = await runCommand('deploy', [], { npm_config_dry_run: 'true' });
  expect(exitCode, stderr).toBe(2);
  expect(stderr).toMatch(/npm run deploy -- --dry-run/);
});

it('help ends with 0', async () => {
  const { exitCode, stdout } = await runCommand('verify', ['--help']);
  expect(exitCode).toBe(0);
  expect(stdout).toContain('--allow-production-load');
});
