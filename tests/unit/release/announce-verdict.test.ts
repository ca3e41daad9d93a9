import { expect, it } from 'vitest';
import { announceVerdict } from '../../../src/flows/release/announce-verdict.ts';
import type { RolloutRun } from '../../../src/flows/rollout/run.ts';

it('a failed attempt of before is no part of the verdict that the notes and the message are tried again by', async () => {
  const off = { kind: 'announcement', state: 'off', because: 'x' } as const;
  const evidence: Record<string, unknown> = {
    smoke: [],
    plan: { steps: [], leftOut: {} },
    releaseNotes: {},
    announcement: {},
  };
  const run = {
    evidence,
    state: () => ({ phase: 'progressing' }),
    clock: { monotonic: () => 0 },
    emit: () => undefined,
    saveEvidence: () => Promise.reject(new Error('stop')),
  };
  const found: unknown[] = [];
  const so = () => {
    found.push(evidence['releaseNotes'], evidence['announcement']);
    throw new Error('enough');
  };
  await expect(
    announceVerdict(run as unknown as RolloutRun, { conclude: async () => off } as never, so),
  ).rejects.toThrow('enough');
  expect(found).toEqual([undefined, undefined]);
});
