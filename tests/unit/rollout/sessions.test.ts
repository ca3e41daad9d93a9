import { describe, expect, it } from 'vitest';
import { evidenceDigest } from '../../../src/flows/rollout/digest.ts';
import type { SessionsQuery } from '../../../src/sources/sentry.ts';
import { quickSettings } from './simulation/command.ts';
import { open, roll, ship } from './simulation/faults.ts';
import { counted } from './simulation/sessions.ts';

async function rollOut(options: typeof ship | typeof roll, how: ReturnType<typeof counted>) {
  const { simulation } = await open();
  await using _ = simulation;
  const outcome = await simulation.run(options, how);
  if (outcome.kind !== 'ended') throw new Error(outcome.kind);
  const { result } = outcome;
  return { result, judgement: result.judgements.find(({ id }) => id === 'sentry.crash-free') };
}

describe('crash-free sessions of a rollout', () => {
  it.each([ship, roll])(
    '$strategy: enough healthy sessions are a GO, counted since users got the release',
    async (options) => {
      const asked: SessionsQuery[] = [];
      const { result, judgement } = await rollOut(options, counted(1, 4000, asked));
      expect([result.exitCode, judgement?.status]).toEqual([0, 'pass']);
      expect(asked).toHaveLength(1);
      expect(asked[0]?.release).toBe('new');
      expect(Date.parse(asked[0]?.from ?? '')).toBeGreaterThanOrEqual(Date.parse(result.startedAt));
      expect(Date.parse(asked[0]?.from ?? '')).toBeLessThan(Date.parse(result.finishedAt));
    },
  );

  it.each([
    [0, 0, 'inconclusive', 'HOLD'],
    [0, 12, 'inconclusive', 'HOLD'],
    // No criterion of 4.1: the release keeps its traffic until an operator decides.
    [300, 4000, 'fail', 'HOLD'],
  ] as const)(
    '%i crashed of %i sessions at the end of the watch: %s, and HOLD',
    async (events, trials, status, word) => {
      const { result, judgement } = await rollOut(ship, counted(events, trials));
      expect([judgement?.status, result.verdict.word, result.exitCode]).toEqual([status, word, 3]);
      expect(result.rollout?.phase).toBe('progressing');
      expect(result.verdict.because).toMatch(/has not proved everything.*Crash-free sessions/);
    },
  );

  it('that have failed refuse a GO of an operator, and not a NO-GO', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const how = counted(300, 4000);
    await simulation.run(ship, how);
    const { record } = (await simulation.rollout()) ?? {};
    const decision = { id: 'd', by: 'Ada', because: 'x', digest: evidenceDigest(record?.events ?? []) };
    const refused = await simulation.run({ resume: true, decision: { ...decision, decision: 'go' } }, how);
    expect([refused.kind, refused.process.effects]).toEqual(['refused', []]);
    expect(refused.kind === 'refused' && refused.error.message).toMatch(/Crash-free sessions \(3\.2b\) has failed/);
    const rolledBack = await simulation.run({ resume: true, decision: { ...decision, decision: 'no-go' } }, how);
    expect([rolledBack.kind === 'ended' && rolledBack.result.exitCode, target.shares().blue]).toEqual([1, 100]);
  });

  it('are read again at the end of a watch that is resumed, and judged by what was read then', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const asked: SessionsQuery[] = [];
    expect((await simulation.run(ship, counted(0, 12, asked))).kind).toBe('ended');
    const outcome = await simulation.run({ resume: true }, counted(1, 4000, asked));
    const result = outcome.kind === 'ended' ? outcome.result : undefined;
    expect([result?.exitCode, asked.length, new Set(asked.map(({ from }) => from)).size]).toEqual([0, 2, 1]);
    expect(result?.judgements.find(({ id }) => id === 'sentry.crash-free')?.samples).toBe(4000);
  });

  it('are read with each smoke of a long watch, so that a report in between has them', async () => {
    const { simulation } = await open();
    await using _ = simulation;
    const asked: SessionsQuery[] = [];
    const settings = { ...quickSettings, watch: { forMs: 20_000, smokeEveryMs: 4000 } };
    await simulation.run(ship, { ...counted(1, 4000, asked), settings });
    expect(asked.length).toBeGreaterThan(2);
  });

  it('of a target without an error tracker do not apply, and the reason is there', async () => {
    const { result, judgement } = await rollOut(ship, { change: (context) => context });
    expect([result.exitCode, judgement]).toEqual([0, undefined]);
    expect(result.notChecked).toContainEqual(
      expect.objectContaining({
        id: 'sentry.crash-free',
        reason: 'not-applicable',
        because: 'the target file names no `sentry`, or the objectives file no crash-free objective',
      }),
    );
  });
});
