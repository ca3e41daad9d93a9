import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { UserError } from '../../src/core/errors.ts';
import { openStore } from '../../src/journal/index.ts';
import { latestRollout } from '../../src/journal/read-rollout.ts';
import { readEvidence } from '../../src/journal/read-run.ts';
import { upgrade } from '../../src/journal/upgrade.ts';
import { blueGreenV1 } from './journal-v1.ts';

let reports: string;
beforeAll(async () => {
  reports = await mkdtemp(join(tmpdir(), 'journal-v1-'));
});
afterAll(() => rm(reports, { recursive: true, force: true }));

async function writeRun(lines: readonly object[]): Promise<string> {
  const path = join(reports, '20260101-000000-deploy-release-abcd');
  await mkdir(path, { recursive: true });
  await writeFile(join(path, 'journal.ndjson'), lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return path;
}

describe('a journal of version 1', () => {
  test('is folded into the state that it describes, and can be continued by lines of version 2', async () => {
    await writeRun(blueGreenV1);
    const rollout = await latestRollout(openStore({ driver: 'folder', folder: reports }, 'target-1'), reports);
    expect(rollout?.state).toMatchObject({ phase: 'rolling-back', because: 'aborted by the operator' });
    expect(rollout?.record.events.map(({ type }) => type)).toEqual(['intended', 'done', 'observed', 'aborted']);
    expect(rollout?.record.plan.steps.some((step) => step.do === 'verify')).toBe(true);

    await writeRun([
      ...blueGreenV1,
      { v: 2, at: '2026-01-01T00:00:09.000Z', type: 'rollout', event: { type: 'paused', because: 'x' } },
    ]);
    expect(
      (await latestRollout(openStore({ driver: 'folder', folder: reports }, 'target-1'), reports))?.state.paused,
    ).toBe(true);
  });

  test('a sample is a line of its own type, which a reader that does not know it passes over', async () => {
    const served = { requests: 9, failed: 1 };
    const sample = { at: '', lengthMs: 1000, strata: [{ canary: served, baseline: served }], front: served };
    const stage = { share: 10, canary: { kind: 'colour', colour: 'green' } };
    await writeRun([...blueGreenV1, { v: 2, at: '2026-01-01T00:00:09.000Z', type: 'sampled', stage, sample }]);
    const rollout = await latestRollout(openStore({ driver: 'folder', folder: reports }, 'target-1'), reports);
    expect(rollout?.record.events.at(-1)).toMatchObject({ type: 'sampled', stage, sample });
  });

  test('a line of a later version is refused with its place', async () => {
    await writeRun([...blueGreenV1, { v: 99, at: '', type: 'rollout', event: {} }]);
    await expect(latestRollout(openStore({ driver: 'folder', folder: reports }, 'target-1'), reports)).rejects.toThrow(
      /journal\.ndjson:6 was written by version 99/,
    );
    await expect(
      latestRollout(openStore({ driver: 'folder', folder: reports }, 'target-1'), reports),
    ).rejects.toBeInstanceOf(UserError);
  });
});

test('evidence of a later version is refused, and none is undefined', async () => {
  const path = await writeRun(blueGreenV1);
  expect(await readEvidence(path)).toBeUndefined();
  await writeFile(join(path, 'evidence.json'), JSON.stringify({ schemaVersion: 99 }));
  await expect(readEvidence(path)).rejects.toThrow(/evidence\.json was written by version 99/);
});

test('a result of version 1 gets the names of version 2', () => {
  const v1 = {
    schemaVersion: 1,
    notLookedAt: [{ id: 'smoke.browser' }],
    remarks: ['short'],
    verdict: { decidedBy: ['readiness.truth'] },
    judgements: [{ id: 'readiness.truth', because: 'fine' }],
    rollout: { phase: 'stuck' },
  };
  expect(upgrade(v1, 1, 'verdict.json')).toEqual({
    schemaVersion: 2,
    notChecked: [{ id: 'smoke.browser' }],
    deviations: ['short'],
    verdict: { decidedBy: ['readiness.dependencies'] },
    judgements: [{ id: 'readiness.dependencies', because: 'fine' }],
    rollout: { phase: 'rollback-failed' },
  });
});
