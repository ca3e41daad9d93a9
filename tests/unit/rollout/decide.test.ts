import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RunEvent } from '../../../src/core/events.ts';
import type { RolloutEvent } from '../../../src/core/rollout/advance.ts';
import type { Decision } from '../../../src/core/rollout/decided.ts';
import { evidenceDigest, eventsUntil } from '../../../src/flows/rollout/digest.ts';
import { quickSettings, type Simulation } from './simulation/command.ts';
import { at, ended, firstObservation, open, releases, shares, ship } from './simulation/faults.ts';
import type { SimulatedTarget } from './simulation/target.ts';
import { observation, stage } from './samples.ts';

const settings = { ...quickSettings, dwellMs: 3000, watch: { forMs: 16_000 } };

const recordOf = async (simulation: Simulation) => {
  const past = await simulation.rollout();
  if (!past) throw new Error('no rollout');
  return past;
};
const decisionNow = async (simulation: Simulation, more: Partial<Decision>): Promise<Decision> => ({
  id: 'd1',
  decision: 'go',
  by: 'Ada',
  because: 'the provider confirmed its outage',
  digest: evidenceDigest((await recordOf(simulation)).record.events),
  ...more,
});

/** From this share on, 5xx of the new release that neither meet the objective nor a rollback criterion. */
const failing = (target: SimulatedTarget, from: 'start' | 'watch') => {
  const before = new Map<string, number>();
  let begun = from === 'start';
  return (event: RunEvent): void => {
    if (event.type !== 'rollout') return;
    begun ||= event.event.type === 'judged' && event.event.stage.share === 100;
    for (const each of begun ? target.instances.filter(({ release }) => release === 'new') : []) {
      each.errors += (each.requests - (before.get(each.name) ?? each.requests)) * 0.009;
      before.set(each.name, each.requests);
    }
  };
};

/** A rollout that was interrupted on a HOLD at the stage of 10 %. */
async function heldAtTen() {
  const { target, simulation } = await open();
  const stop = new AbortController();
  let observations = 0;
  const fail = failing(target, 'start');
  const listen = (event: RunEvent) => {
    fail(event);
    if (event.type === 'rollout' && event.event.type === 'observed' && ++observations === 5) stop.abort('SIGINT');
  };
  await simulation.run(ship, { settings, listen, signal: stop.signal });
  expect(shares(target)).toEqual({ blue: 90, green: 10 });
  return { target, simulation };
}

/** A watch that is over and has not proved the 5xx rate. */
async function heldWatch() {
  const { target, simulation } = await open();
  const outcome = ended(await simulation.run(ship, { settings, listen: failing(target, 'watch') }));
  expect([outcome.exitCode, outcome.because]).toEqual([3, expect.stringContaining('watch is over')]);
  return { target, simulation, because: outcome.because };
}

describe('a paused rollout goes on with the decision', () => {
  it('--go on a HOLD at a stage: the next stage follows', async () => {
    const { target, simulation } = await heldAtTen();
    await using _ = simulation;
    const decision = await decisionNow(simulation, {});
    const outcome = await simulation.run({ resume: true, decision });
    expect(shares(target)).toEqual({ blue: 0, green: 100 });
    const events = (await recordOf(simulation)).record.events;
    expect(events.find(({ type }) => type === 'decided')).toMatchObject({ by: 'Ada', stage: { share: 10 } });
    expect(ended(outcome)).toMatchObject({
      exitCode: 0,
      because: expect.stringMatching(/^GO decided by Ada: .* \(open: 5xx at 10 %: .* is not within 0\.5 %/) as unknown,
    });
  });

  it('--go at the end of the watch: GO, decided by name, with what was open', async () => {
    const { simulation, because } = await heldWatch();
    await using _ = simulation;
    const decision = await decisionNow(simulation, {});
    expect(because).toContain(`(evidence ${decision.digest})`);
    const outcome = await simulation.run({ resume: true, decision });
    expect(ended(outcome)).toMatchObject({
      exitCode: 0,
      phase: 'promoted',
      because: expect.stringMatching(
        /^GO decided by Ada: the provider confirmed its outage \(open: 5xx at 100 %/,
      ) as unknown,
      rollout: { decisions: [{ decision: 'go', by: 'Ada', share: 100, digest: decision.digest }] },
    });
  });

  it('--no-go: rolled back, and the reason names who decided', async () => {
    const { target, simulation } = await heldWatch();
    await using _ = simulation;
    const decision = await decisionNow(simulation, { decision: 'no-go' });
    expect(ended(await simulation.run({ resume: true, decision }))).toMatchObject({
      exitCode: 1,
      because: 'Rolled back: NO-GO decided by Ada: the provider confirmed its outage',
    });
    expect(releases(target)).toEqual(['old']);
  });

  it('--extend: the watch is observed for so much longer', async () => {
    const { simulation } = await heldWatch();
    await using _ = simulation;
    const decision = await decisionNow(simulation, { decision: 'extend', extendMs: 20_000 });
    expect(ended(await simulation.run({ resume: true, decision }))).toMatchObject({ exitCode: 0, phase: 'promoted' });
  });

  it('is refused where its digest is not of this rollout, and nothing is changed', async () => {
    const { simulation } = await heldWatch();
    await using _ = simulation;
    const decision = await decisionNow(simulation, { digest: '3-0123456789' });
    const refused = await simulation.run({ resume: true, decision });
    expect([refused.kind, refused.process.effects]).toEqual(['refused', []]);
    expect(refused.kind === 'refused' && refused.error.message).toContain('not the digest of evidence of this rollout');
  });

  it('--go is refused where the evidence has become worse than what it is based on', async () => {
    const { simulation } = await heldWatch();
    await using _ = simulation;
    const { events } = (await recordOf(simulation)).record;
    const atStart = events.findLastIndex((event) => event.type === 'judged' && event.word === 'GO');
    const decision = await decisionNow(simulation, { digest: evidenceDigest(events.slice(0, atStart + 3)) });
    const refused = await simulation.run({ resume: true, decision });
    expect(refused.kind === 'refused' && refused.error.message).toMatch(
      /Newer evidence contradicts it: 5xx at 100 % was pass and is inconclusive/,
    );
  });
});

describe('a running rollout picks the decision up', () => {
  /** Leaves it where a process of the rollout looks for it. */
  const leave = (simulation: Simulation, runId: string, decision: Decision) =>
    writeFileSync(join(simulation.reportsRoot, runId, 'decision.json'), JSON.stringify(decision));

  async function decideAt(wanted: (event: RolloutEvent) => boolean, more: Partial<Decision>) {
    const { target, simulation } = await open();
    let runId = '';
    const events: RolloutEvent[] = [];
    const notes: string[] = [];
    const deliver = at(wanted, () =>
      leave(simulation, runId, {
        id: 'd1',
        decision: 'no-go',
        by: 'Ada',
        because: 'users complain',
        digest: evidenceDigest(events),
        ...more,
      }),
    );
    const listen = (event: RunEvent) => {
      if (event.type === 'run-started') runId = event.runId;
      if (event.type === 'note') notes.push(event.text);
      if (event.type === 'rollout') events.push(event.event);
      if (event.type === 'sampled') events.push(event);
      deliver(event);
    };
    const outcome = ended(await simulation.run(ship, { settings, listen }));
    return { target, simulation, outcome, notes };
  }
  const watching = (event: RolloutEvent) => event.type === 'judged' && event.stage.share === 100;

  it.each([
    ['a stage', firstObservation],
    ['the watch', watching],
  ])('--no-go during %s', async (_where, wanted) => {
    const { target, simulation, outcome } = await decideAt(wanted, {});
    await using _ = simulation;
    expect(outcome).toMatchObject({ exitCode: 1, because: 'Rolled back: NO-GO decided by Ada: users complain' });
    expect(releases(target)).toEqual(['old']);
  });

  it('--go while nothing is on HOLD is refused, and the rollout goes on', async () => {
    const { simulation, outcome, notes } = await decideAt(firstObservation, { decision: 'go' });
    await using _ = simulation;
    expect(outcome).toMatchObject({ exitCode: 0, phase: 'promoted' });
    expect(notes).toContainEqual(
      expect.stringMatching(/decision of Ada refused: Nothing is on HOLD: 1 s of 3 s observed/),
    );
  });

  it('a killed process has journalled it once, whatever it still finds there', async () => {
    const { simulation } = await heldWatch();
    await using _ = simulation;
    const decision = await decisionNow(simulation, { decision: 'extend', extendMs: 20_000 });
    const { runId } = await recordOf(simulation);
    leave(simulation, runId, decision);
    expect(ended(await simulation.run({ resume: true, decision })).exitCode).toBe(0);
    const decided = (await recordOf(simulation)).record.events.filter(({ type }) => type === 'decided');
    expect(decided).toHaveLength(1);
  });
});

describe('the digest of the evidence', () => {
  const observed: RolloutEvent = { type: 'observed', stage, observation: observation({}, { ready: true }) };
  const worse: RolloutEvent = { type: 'observed', stage, observation: observation({ '5xx': [9, 100] }) };

  it('finds the evidence that it is of, in a longer record', () => {
    const digest = evidenceDigest([observed]);
    const paused: RolloutEvent = { type: 'paused', because: '' };
    expect(eventsUntil(digest, [observed, paused, worse])).toEqual([observed, paused]);
    expect(eventsUntil(digest, [worse, observed])).toBeUndefined();
    expect(eventsUntil('nonsense', [observed])).toBeUndefined();
    expect(eventsUntil(evidenceDigest([]), [observed])).toEqual([]);
  });

  it('is the same in memory and read back', () => {
    const reordered = JSON.parse(
      `{"observation":${JSON.stringify(observation({}, { ready: true })).replace('{', '{"ready":true,')},"type":"observed","stage":${JSON.stringify(stage)}}`,
    ) as RolloutEvent;
    expect(evidenceDigest([reordered])).toBe(evidenceDigest([observed]));
  });
});
