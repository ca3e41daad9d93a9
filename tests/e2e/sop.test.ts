import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { SopTable } from '../../src/flows/sop.ts';
import { runCommand } from './support/command.ts';
import { projectRoot } from './support/running-sandbox.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sop-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

it('npm run sop: with the results of a run, a test of a clause that failed or did not run is a gap', async () => {
  const { rows } = JSON.parse((await runCommand('sop', ['--json'])).stdout) as SopTable;
  const tests = rows.flatMap(({ green, red }) => [...green, ...red]);
  expect(tests.length).toBeGreaterThan(rows.length);
  const [failed, missing, ...others] = [...new Map(tests.map((each) => [`${each.file} ${each.title}`, each])).values()];
  if (!failed || !missing) throw new Error('the table has fewer than two tests');
  const testResults = [failed, ...others].map(({ file, title }) => ({
    name: join(projectRoot, file),
    assertionResults: [{ ancestorTitles: [], title, status: title === failed.title ? 'failed' : 'passed' }],
  }));
  const report = join(folder, 'vitest.json');
  writeFileSync(report, JSON.stringify({ testResults }));
  const { exitCode, stdout, stderr } = await runCommand('sop', ['--results', report]);
  expect(exitCode, stderr).toBe(1);
  expect(stdout).toContain(`${failed.file} > ${failed.title} failed`);
  expect(stdout).toContain(`${missing.file} > ${missing.title} did not run`);
  expect((await runCommand('sop', ['--results', join(folder, 'none.json')])).exitCode).toBe(2);
});

it('npm run check:sop fails where a test of a clause, or an id of a judge, does not exist', () => {
  const check = () =>
    spawnSync(process.execPath, ['scripts/run.mjs', 'scripts/check-sop.ts', folder], {
      cwd: projectRoot,
      encoding: 'utf8',
    });
  for (const path of ['tests', 'src/core']) cpSync(join(projectRoot, path), join(folder, path), { recursive: true });
  mkdirSync(join(folder, 'sandbox'));
  cpSync(join(projectRoot, 'sandbox/releases.ts'), join(folder, 'sandbox/releases.ts'));
  const table = readFileSync(join(folder, 'tests/sop.yaml'), 'utf8');
  const before = check().stderr;
  writeFileSync(join(folder, 'tests/sop.yaml'), table.replaceAll('freetask@1.5.0-slow is', 'freetask@1.5.0-slower is'));
  writeFileSync(join(folder, 'src/core/judge/weather.ts'), "export const a = { id: 'weather', clauses: ['3.1'] };\n");
  const { status, stderr } = check();
  const added = stderr.split('\n').filter((line) => !before.split('\n').includes(line));
  expect({ status, added }).toEqual({
    status: 1,
    added: [
      'src/core/judge/weather.ts:1: weather is missing in src/core/sop-checks.ts',
      '3.2a: tests/e2e/defective-releases.test.ts has no test "freetask@1.5.0-slower is No-Go by *"',
    ],
  });
});
