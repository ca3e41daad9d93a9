import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { runCommand } from './support/command.ts';
import { projectRoot } from './support/running-sandbox.ts';

/** A whole verification that is GO: the first of the README's two commands, on the healthy release. */
describe('npm run verify', () => {
  let stdout: string;
  let status: number | null;
  let result: RunResult;
  let folder: string;
  const scratch = mkdtempSync(join(tmpdir(), 'verify-'));
  const stepSummary = join(scratch, 'summary.md');

  beforeAll(() => {
    const env = { ...process.env, GITHUB_STEP_SUMMARY: stepSummary };
    ({ stdout, status } = spawnSync('npm', ['run', '--silent', 'verify', '--', '--json'], {
      cwd: projectRoot,
      env,
      encoding: 'utf8',
    }));
    result = JSON.parse(stdout) as RunResult;
    folder = join(projectRoot, 'reports', result.runId);
  });
  afterAll(() => rmSync(scratch, { recursive: true, force: true }));

  const evidence = () => JSON.parse(readFileSync(join(folder, 'evidence.json'), 'utf8')) as RunEvidence;

  it('is GO with exit code 0, every step checked', () => {
    expect(
      [status, result.verdict.word, result.exitCode],
      JSON.stringify(result.judgements.filter((each) => each.status !== 'pass')),
    ).toEqual([0, 'GO', 0]);
    expect(result.target.environment).toBe('green');
    expect(result.notChecked).toEqual([]);
    const clauses = new Set(result.judgements.flatMap((judgement) => judgement.clauses));
    for (const clause of ['2.B1', '2.B3a', '2.B3b', '2.R4', '3.1', '3.2a', '3.2c', '3.2d'])
      expect(clauses).toContain(clause);
  });

  it('stdout is verdict.json itself, and it is of the published shape', () => {
    expect(JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8'))).toEqual(result);
    const schema = JSON.parse(readFileSync(join(projectRoot, 'docs/verdict.schema.json'), 'utf8')) as object;
    const validate = new Ajv2020({ strict: false }).compile(schema);
    expect(validate(result), JSON.stringify(validate.errors)).toBe(true);
  });

  it('leaves the report, the journal and the raw evidence', () => {
    for (const file of [
      'report.html',
      'summary.md',
      'junit.xml',
      'evidence.json',
      'journal.ndjson',
      'newman/report.json',
      'k6/dashboard.html',
    ]) {
      expect(existsSync(join(folder, file)), file).toBe(true);
    }
    for (const file of new Set(result.judgements.flatMap((judgement) => judgement.evidence)))
      expect(existsSync(join(folder, file)), file).toBe(true);
    const journal = readFileSync(join(folder, 'journal.ndjson'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { type: string });
    expect(journal[0]?.type).toBe('run-started');
    expect(journal.filter(({ type }) => type === 'judged')).toHaveLength(result.judgements.length);
    expect(readFileSync(stepSummary, 'utf8')).toContain('GO');
  });

  it('a request id of the journey leads to the request', () => {
    const steps = evidence().smoke.flatMap((smoke) => smoke.steps);
    expect(steps.filter(({ requestIds }) => requestIds.length > 0).length).toBeGreaterThan(40);
    expect(result.seenReleases).toEqual(['freetask@1.5.0']);
  });

  it('no secret is in anything that was left behind', () => {
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    for (const entry of files) {
      const text = readFileSync(join(entry.parentPath, entry.name), 'utf8');
      expect(text, entry.name).not.toMatch(/\beyJ[\w-]{10,}\.[\w-]{10,}\./);
      expect(text, entry.name).not.toMatch(/Bearer [\w.-]{20,}/);
      expect(text, entry.name).not.toMatch(/"refreshToken\\?"\s*:\s*\\?"[^‹"\\]/);
    }
  });

  it('the sandbox that it started is gone', () => {
    const states = existsSync(join(projectRoot, '.sandbox')) ? readdirSync(join(projectRoot, '.sandbox')) : [];
    expect(states.filter((name) => name.startsWith('run-'))).toEqual([]);
  });

  describe('npm run report', () => {
    it('renders it again, the same', async () => {
      const before = readFileSync(join(folder, 'report.html'), 'utf8');
      const again = await runCommand('report', [result.runId, '--json']);
      expect(again.exitCode).toBe(0);
      expect(JSON.parse(again.stdout)).toEqual(result);
      expect(readFileSync(join(folder, 'report.html'), 'utf8')).toBe(before);
    });

    it('judges it again by other objectives beside the first verdict, and what was not counted is not a pass', async () => {
      const strict = join(scratch, 'strict.yaml');
      const text = readFileSync(join(projectRoot, 'config/slo.yaml'), 'utf8');
      writeFileSync(strict, text.replace('minSamples: 800', 'minSamples: 800000').replace('below: 1s', 'below: 1ms'));
      const again = await runCommand('report', [result.runId, '--slo', strict, '--json']);
      expect(again.exitCode).toBe(3);
      const judged = (JSON.parse(again.stdout) as RunResult).judgements;
      expect(judged.find(({ id }) => id === 'load.server-errors')).toMatchObject({ status: 'inconclusive' });
      expect(judged.find(({ id }) => id === 'load.latency-p95')).toMatchObject({ status: 'error' });
      expect(existsSync(join(folder, 'verdict.strict.json'))).toBe(true);
      expect(JSON.parse(readFileSync(join(folder, 'verdict.json'), 'utf8'))).toEqual(result);
    });

    it('a run that does not exist ends with 2 and names those that do', async () => {
      expect(await runCommand('report', ['no-such-run'])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(result.runId),
      });
    });
  });
});

it('a release that the sandbox does not know is refused before anything is started; the known ones are named', async () => {
  const outcome = await runCommand('smoke', ['--release', 'freetask@9.9.9']);
  expect(outcome).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('freetask@1.5.0') });
});
