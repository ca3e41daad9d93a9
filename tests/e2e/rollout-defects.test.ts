import { resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/core/run-result.ts';
import { projectRoot } from './support/running-sandbox.ts';
import { openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';

/** Blue-green alone: what only shows when an instance of the new release is stopped under load is for `verify` to see. */
let ground: RolloutFixture;
beforeAll(async () => {
  ground = await openRolloutFixture();
});
afterAll(() => ground[Symbol.asyncDispose]());

async function ship(release: string, settings: Readonly<Record<string, unknown>>, slo: string) {
  const target = await ground.variant(settings);
  const { exitCode, stdout, stderr } = await ground.deploy([
    '--target',
    target,
    '--release',
    `freetask@1.5.0-${release}`,
    '--slo',
    slo,
    '--json',
  ]);
  if (stdout === '') throw new Error(stderr);
  return { exitCode, result: JSON.parse(stdout) as RunResult };
}

const ours = resolve(projectRoot, 'config/slo.yaml');
const readiness = { stableFor: '2s', interval: '100ms', budget: '12s' };
const collection = { budget: '100s', postman: resolve(projectRoot, 'postman/freetask-e2e.postman_collection.json') };
const loaded = {
  dwell: '5s',
  holdBudget: '15s',
  minimum: { requests: 200, payments: 40 },
  synthetic: { profile: 'stage', rate: 60 },
};

async function expectRolledBack(result: RunResult, exitCode: number | null, clause: string): Promise<void> {
  expect([exitCode, result.verdict.word, exitCode === 1 ? '' : result.verdict.because]).toEqual([1, 'NO-GO', '']);
  const failed = result.judgements.filter(({ status }) => status === 'fail');
  expect(failed.flatMap(({ clauses }) => clauses)).toContain(clause);
  const { live, colours } = await ground.status();
  expect([live, live && colours[live].releases]).toEqual(['blue', ['freetask@1.4.0']]);
}

describe('a defective release gets no further than the stage at which it can be seen', () => {
  it.each([
    ['readiness-flaps', '2.B3b'],
    ['health-lies', '2.B3b'],
  ])('%s: before any traffic', async (release, clause) => {
    const { exitCode, result } = await ship(release, { readiness: { ...readiness, stableFor: '5s' } }, ground.sloFile);
    await expectRolledBack(result, exitCode, clause);
    expect(result.rollout?.users).toBeUndefined();
  });

  it.each([
    ['slow', '3.2a'],
    ['errors', '4.1b'],
    ['payments', '4.1b'],
  ])('%s: at 10 %, by its counts', async (release, clause) => {
    const { exitCode, result } = await ship(release, { readiness, rollout: loaded }, ours);
    await expectRolledBack(result, exitCode, clause);
    expect(result.rollout?.users?.requests).toBeGreaterThan(0);
    expect(result.judgements.some(({ id }) => id.startsWith('stage-50'))).toBe(false);
  });

  it('memory-leak: at the stage at which its memory is spent', async () => {
    const { exitCode, result } = await ship('memory-leak', { readiness, rollout: loaded }, ours);
    await expectRolledBack(result, exitCode, '4.1c');
    expect(result.rollout?.users?.requests).toBeGreaterThan(0);
  });

  it.each(['otp-reuse', 'chat-open', 'double-release', 'bid-unchecked'])(
    '%s: at 10 %, by the smoke',
    async (release) => {
      const { exitCode, result } = await ship(
        release,
        { readiness, smoke: { ...collection, playwright: false } },
        ground.sloFile,
      );
      await expectRolledBack(result, exitCode, '4.1c');
      expect(result.rollout?.users?.requests).toBeGreaterThan(0);
      expect(result.judgements.some(({ id }) => id.startsWith('stage-50'))).toBe(false);
    },
  );

  it('web-button: at 10 %, by the smoke in the browser', async () => {
    const { exitCode, result } = await ship('web-button', { readiness, smoke: { budget: '150s' } }, ground.sloFile);
    await expectRolledBack(result, exitCode, '4.1c');
  });
});
