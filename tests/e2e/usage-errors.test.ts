import { spawnSync } from 'node:child_process';
import { readdir } from 'node:fs/promises';
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

it('a hotfix without its reason is refused', async () => {
  const { exitCode, stderr } = await runCommand('preflight', ['--hotfix', ' ']);
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
