import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { runEvidenceSchema, runResultSchema } from '../../src/journal/run-schemas.ts';
import { runCommand } from './support/command.ts';
import { projectRoot } from './support/running-sandbox.ts';

/** Starts the sandbox as its own target file does, and hands its target file on with one stage in the place of three. */
const starter = `
import { spawn } from 'node:child_process';
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
const [state, ...more] = process.argv.slice(2);
const args = ['scripts/run.mjs', 'sandbox', '--state', state, '--with-process', String(process.pid), ...more];
const child = spawn(process.execPath, args, { stdio: 'inherit' });
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
child.on('exit', (code) => { clearInterval(timer); process.exitCode = code ?? 1; });
const timer = setInterval(() => {
  let target;
  try { target = JSON.parse(readFileSync(state + '/target.json', 'utf8')); } catch { return; }
  clearInterval(timer);
  const rollout = { ...target.rollout, stages: [100], dwell: '3s', watch: { for: '6s' } };
  // Two whole journeys would wait for the rate limit of the log-in; rollout-defects has one, and verify the browser.
  const smoke = { ...target.smoke, playwright: false, postman: '${join(import.meta.dirname, 'support/alive.postman_collection.json')}' };
  writeFileSync(state + '/short.part', JSON.stringify({ ...target, rollout, smoke, pid: process.pid }));
  renameSync(state + '/short.part', state + '/short.json');
}, 50);
`;

it(
  'starts an embedded target, ships its next healthy release, smokes it, reports, and stops it',
  { timeout: 400_000 },
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'deploy-'));
    const reports = join(folder, 'reports');
    const script = join(folder, 'start.mjs');
    await writeFile(script, starter);
    const embedded = {
      start: ['node', script, '{state}'],
      forDeploy: ['--green', 'none'],
      writes: '{state}/short.json',
      state: relative(projectRoot, join(folder, 'state')),
      hints: { start: [], arguments: [] },
    };
    await writeFile(
      join(folder, 'target.yaml'),
      JSON.stringify({ name: 'short', kind: 'embedded', embedded }, null, 2),
    );
    const args = ['--target', join(folder, 'target.yaml'), '--json'];
    const { exitCode, stdout, stderr } = await runCommand('deploy', args, { SHIPROOM_REPORTS: reports });
    expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
    const result = runResultSchema.parse(JSON.parse(stdout)) as RunResult;
    expect(result.rollout).toMatchObject({
      release: 'freetask@1.5.0',
      previousRelease: 'freetask@1.4.0',
      phase: 'promoted',
      shares: { blue: 0, green: 100 },
    });
    const run = join(reports, result.runId);
    const evidence = runEvidenceSchema.parse(
      JSON.parse(await readFile(join(run, 'evidence.json'), 'utf8')),
    ) as RunEvidence;
    // At the only stage, and at the end of the watch.
    const tools = evidence.smoke.map(({ outcome }) => outcome.tool).toSorted();
    expect(tools).toEqual(['newman', 'newman']);
    expect(result.judgements.filter(({ id }) => id.startsWith('stage-100.')).length).toBeGreaterThanOrEqual(6);
    const page = await readFile(join(run, 'report.html'), 'utf8');
    expect(page).toContain('freetask@1.5.0');
    expect(page).toContain('id="rollout"');
    // Every file that the evidence names is in the run's folder.
    for (const file of evidence.smoke.flatMap(({ files }) => files))
      expect(existsSync(join(run, file)), file).toBe(true);
    await expect(fetch(`${result.addresses.api}/healthz`)).rejects.toThrow('fetch failed');
    await rm(folder, { recursive: true });
  },
);
