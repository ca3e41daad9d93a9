import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { projectChecks } from '../../sandbox/app/checks.ts';
import { type AppDefectName, appDefects, breakApp } from '../../sandbox/app/defects.ts';
import { projectFolders, writeProject } from '../../sandbox/app/project.ts';
import type { RunResult } from '../../src/core/run-result.ts';
import { runCommand } from './support/command.ts';
import { openWorkspace, type Workspace } from './support/workspace.ts';

/** Section 1 as far as it needs the app and the API alone: their commands are real processes, and nothing is deployed. */
let workspace: Workspace;
let target: string;
beforeAll(async () => {
  workspace = await openWorkspace();
  target = await workspace.targetFile({
    environments: { public: { api: 'http://127.0.0.1:1' } },
    login: 'none',
    store: { driver: 'folder', folder: join(workspace.path, 'store') },
    preflight: { database: { off: 'nothing is deployed' }, ...projectChecks(workspace.path) },
  });
});
afterAll(() => workspace[Symbol.asyncDispose]());

const preflight = async (release: string) => {
  const args = ['--target', target, '--release', release, '--json'];
  return workspace.resultOf(await runCommand('preflight', args));
};
/** What the defects of these names, all at once, are found by. */
async function statusesWith(release: string, ...defects: readonly AppDefectName[]) {
  await writeProject(workspace.path);
  for (const defect of defects) await breakApp(workspace.path, defect);
  const run = await preflight(release);
  const checked = run.result.judgements.filter(({ id }) => /^(gate|artifact)\./.test(id));
  return { ...run, statuses: Object.fromEntries(checked.map(({ id, status }) => [id, status])) };
}

const clausesOf = ({ judgements }: RunResult) =>
  judgements.filter(({ status }) => status === 'fail').map(({ clauses }) => clauses);

const passed = {
  'gate.analyze': 'pass',
  'gate.test': 'pass',
  'gate.api-lint': 'pass',
  'gate.api-test': 'pass',
  'artifact.bundle': 'pass',
  'artifact.image': 'pass',
};

it('a whole project passes, and the digest of its image is in the report; a tag that is moved later is refused', async () => {
  const { statuses, evidence, report } = await statusesWith('freetask@1.5.0');
  expect(statuses).toEqual(passed);
  const image = evidence.artifacts?.image;
  const digest = image && 'kept' in image ? image.kept?.digest : undefined;
  expect(digest).toMatch(/^sha256:[0-9a-f]{64}$/);
  expect(report).toContain(digest);

  const { api, programs } = projectFolders(workspace.path);
  await appendFile(join(api, 'src/server.mjs'), '// another content under the same tag\n');
  const env = { ...process.env, APP_RELEASE: 'freetask@1.5.0' };
  await promisify(execFile)(join(programs, 'freetask-image'), ['build'], { cwd: api, env });
  const { result } = await preflight('freetask@1.5.0');
  expect(result.judgements.find(({ id }) => id === 'artifact.image')).toMatchObject({
    status: 'fail',
    because: expect.stringContaining(`recorded ${digest}`) as string,
  });
});

it('each defect of the code is found by the gate of its clause, and nothing is built of it', async () => {
  const defects = ['analysis-issue', 'failing-test', 'api-lint', 'failing-api-test'] as const;
  const { statuses, result, evidence, report } = await statusesWith('freetask@1.6.0', ...defects);
  expect(statuses).toEqual({
    'gate.analyze': 'fail',
    'gate.test': 'fail',
    'gate.api-lint': 'fail',
    'gate.api-test': 'fail',
  });
  expect(result).toMatchObject({ exitCode: 1, verdict: { word: 'NO-GO' } });
  expect(clausesOf(result)).toEqual(defects.map((name) => [appDefects[name].clause]));
  expect(evidence).not.toHaveProperty('artifacts');
  for (const text of ['money is held once', 'Unused import', 'nothing is paid out twice'])
    expect(report).toContain(text);
});

it('a run without tests holds, and no image is recorded of what it has not verified', async () => {
  const { statuses, result, evidence } = await statusesWith('freetask@1.6.0', 'no-tests');
  expect(statuses).toEqual({
    'gate.analyze': 'pass',
    'gate.test': 'error',
    'gate.api-lint': 'pass',
    'gate.api-test': 'pass',
  });
  expect(result).toMatchObject({ exitCode: 3, verdict: { word: 'HOLD' } });
  expect(evidence).not.toHaveProperty('artifacts');
  expect(result.notChecked).toContainEqual(
    expect.objectContaining({
      id: 'artifacts',
      because: 'nothing is built before the gates have passed: Tests of the app',
    }),
  );
});

it.each([[['unsigned-bundle', 'wrong-tag']], [['no-bundle', 'no-image']]] as const)(
  'a bundle and an image that are not what they should be: %s',
  async (defects) => {
    const { statuses, result } = await statusesWith('freetask@1.6.0', ...defects);
    expect(statuses).toEqual({ ...passed, 'artifact.bundle': 'fail', 'artifact.image': 'fail' });
    expect(result.exitCode).toBe(1);
    expect(clausesOf(result)).toEqual(defects.map((name) => [appDefects[name].clause]));
  },
);
