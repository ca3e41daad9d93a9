import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RunEvidence, RunResult } from '../../src/core/run-result.ts';
import { runEvidenceSchema, runResultSchema } from '../../src/journal/run-schemas.ts';
import { runCommand } from './support/command.ts';

it(
  'deploy with nothing else starts the sandbox, ships its next healthy release and ends with 0; the whole smoke after every stage',
  { timeout: 400_000 },
  async () => {
    const reports = await mkdtemp(join(tmpdir(), 'deploy-'));
    const { exitCode, stdout, stderr } = await runCommand('deploy', ['--json'], { SHIPROOM_REPORTS: reports });
    expect([exitCode, exitCode === 0 ? '' : stderr]).toEqual([0, '']);
    const result = runResultSchema.parse(JSON.parse(stdout)) as RunResult;
    expect(result.rollout).toMatchObject({
      release: 'freetask@1.5.0',
      previousRelease: 'freetask@1.4.0',
      phase: 'promoted',
      shares: { blue: 0, green: 100 },
    });
    const folder = join(reports, result.runId);
    const evidence = runEvidenceSchema.parse(
      JSON.parse(await readFile(join(folder, 'evidence.json'), 'utf8')),
    ) as RunEvidence;
    for (const share of [10, 50, 100]) {
      const tools = evidence.smoke.filter(({ stage }) => stage === share).map(({ outcome }) => outcome.tool);
      expect(tools.toSorted()).toEqual(['newman', 'playwright']);
      expect(result.judgements.filter(({ id }) => id.startsWith(`stage-${share}.`)).length).toBeGreaterThanOrEqual(8);
    }
    const page = await readFile(join(folder, 'report.html'), 'utf8');
    expect(page).toContain('This release has all traffic.');
    expect(page).toContain('The rollout');
    // Every file that the evidence names is there to be opened.
    for (const file of evidence.smoke.flatMap(({ files }) => files))
      expect(existsSync(join(folder, file)), file).toBe(true);
    await rm(reports, { recursive: true });
  },
);
