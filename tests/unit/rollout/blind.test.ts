import { describe, expect, it } from 'vitest';
import type { ChannelMessage, CourtesyOutcome } from '../../../src/core/courtesy.ts';
import type { RunEvent } from '../../../src/core/events.ts';
import { nextBlind, notBlind, retryPauseMs } from '../../../src/core/rollout/blind.ts';
import { observedMs } from '../../../src/core/rollout/observation.ts';
import type { RolloutEvent } from '../../../src/core/rollout/advance.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { observation, settings as sopSettings } from './samples.ts';
import type { Simulation } from './simulation/command.ts';
import {
  at,
  blindable,
  ended,
  firstObservation,
  open,
  releases,
  roll,
  shares,
  ship,
  slow,
} from './simulation/faults.ts';

const settings = { ...slow, watch: { forMs: 10_000 }, blind: { retryUpToMs: 4000, endAfterMs: 20_000 } };
const watching = (event: RolloutEvent) => event.type === 'judged' && event.word === 'GO' && event.stage.share === 100;
const moments = { 'a stage': firstObservation, 'the watch': watching };
const eventsOf = async (simulation: Simulation) => (await simulation.rollout())?.record.events ?? [];

it('retries with pauses that double up to the limit of the setting, and at least an interval', () => {
  const limits = { ...sopSettings, intervalMs: 10_000, blind: { retryUpToMs: 45_000, endAfterMs: 600_000 } };
  let blind = notBlind;
  const pauses = Array.from({ length: 5 }, () => {
    blind = nextBlind(blind, observation({}, { observed: false, lengthMs: 1000, problems: ['refused'] }));
    return retryPauseMs(blind, limits);
  });
  expect(pauses).toEqual([10_000, 20_000, 40_000, 45_000, 45_000]);
  expect([blind.lengthMs, blind.problem, nextBlind(blind, observation({}))]).toEqual([5000, 'refused', notBlind]);
  expect(retryPauseMs(blind, { ...limits, blind: { retryUpToMs: 1000, endAfterMs: 1 } })).toBe(10_000);
});

describe.each([ship, roll])('$strategy', (options) => {
  describe.each(['metrics', 'router'] as const)('the %s cannot be read', (what) => {
    it.each(['a stage', 'the watch'] as const)(
      'in %s: no verdict, retried with backoff, then HOLD with a notice; resumed, it goes on',
      async (moment) => {
        const { target, simulation } = await open();
        await using _ = simulation;
        const { source, change } = blindable(what);
        const progress: string[] = [];
        const broken = at(moments[moment], () => (source.broken = true));
        const listen = (event: RunEvent) => {
          if (event.type === 'step-progress') progress.push(event.text);
          broken(event);
        };
        const first = ended(await simulation.run(options, { settings, change, listen }));
        expect(first).toMatchObject({ exitCode: 3, phase: 'progressing' });
        expect(first.because).toMatch(/Unobserved for 2\d\.?\d* s, since \d{4}-.*(ECONNREFUSED|ENOENT)/);
        expect(first.because).toContain('npm run deploy -- --target simulated --resume');
        expect(progress.filter((text) => /read again in 4 s, HOLD after 20 s/.test(text)).length).toBeGreaterThan(1);
        const events = await eventsOf(simulation);
        expect(events.some((event) => event.type === 'judged' && event.word === 'NO-GO')).toBe(false);
        const before = releases(target);
        expect(before).toContain('new');

        // Still blind: another run ends in the same way (at once where the shares cannot be read), and nothing has changed.
        const again = await simulation.run({ resume: true }, { change });
        expect(what === 'router' ? again.kind : ended(again).exitCode).toBe(what === 'router' ? 'failed' : 3);
        expect(releases(target)).toEqual(before);
        source.broken = false;
        expect(ended(await simulation.run({ resume: true }, { change }))).toMatchObject({ exitCode: 0 });
        expect([releases(target), target.violations]).toEqual([['new'], []]);
      },
    );
  });
});

it.each(['metrics', 'router'] as const)(
  'the %s return: the rollout goes on, and the gap is no observed time',
  async (what) => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const { source, change } = blindable(what);
    let brokenAtMs = 0;
    const listen = (event: RunEvent) => {
      if (event.type !== 'rollout' || !watching(event.event)) return;
      source.broken = true;
      brokenAtMs = target.nowMs;
    };
    const clock = (context: RolloutContext): RolloutContext => ({
      ...change(context),
      clock: {
        ...context.clock,
        sleep: async (ms, signal) => {
          await context.clock.sleep(ms, signal);
          if (source.broken && target.nowMs - brokenAtMs > 12_000) source.broken = false;
        },
      },
    });
    expect(ended(await simulation.run(ship, { settings, change: clock, listen }))).toMatchObject({ exitCode: 0 });
    const { observations = [] } = (await simulation.rollout())?.state ?? {};
    const gap = observations.filter(({ observed }) => !observed);
    expect(gap.reduce((sum, { lengthMs }) => sum + lengthMs, 0)).toBeGreaterThanOrEqual(12_000);
    expect(gap[0]?.problems[0]).toMatch(/ECONNREFUSED|ENOENT/);
    expect(observedMs(observations)).toBeGreaterThanOrEqual(10_000);
    expect(shares(target)).toEqual({ blue: 0, green: 100 });
  },
);

describe('the notice in the incident channel', () => {
  const failing = { done: false, because: 'Slack answered 503', retry: true, uncertain: false } as const;
  async function notified(answers: readonly CourtesyOutcome[]) {
    const { simulation } = await open();
    await using _ = simulation;
    const { source, change } = blindable('metrics');
    const sent: ChannelMessage[] = [];
    const notes: string[] = [];
    const broken = at(firstObservation, () => (source.broken = true));
    const channel = {
      name: 'slack',
      check: async () => undefined,
      send: async (message: ChannelMessage) => answers[sent.push(message) - 1] ?? failing,
    };
    const outcome = await simulation.run(ship, {
      settings,
      change: (context) => ({ ...change(context), courtesies: { channel, retryMs: 5000 } }),
      listen: (event) => {
        if (event.type === 'note') notes.push(event.text);
        broken(event);
      },
    });
    return { exitCode: ended(outcome).exitCode, sent, notes };
  }

  it('names what cannot be read, since when, where traffic is, and what to type; it is retried', async () => {
    const { exitCode, sent, notes } = await notified([failing, { done: true, summary: 'sent to C1' }]);
    expect([exitCode, sent.length, new Set(sent.map(({ marker }) => marker)).size]).toEqual([3, 2, 1]);
    expect(sent[0]?.title).toBe('HOLD, not observed: new on simulated');
    expect(Object.fromEntries(sent[0]?.facts ?? [])).toMatchObject({
      Cause: expect.stringContaining('ECONNREFUSED') as unknown,
      'Not observed': expect.stringMatching(/^for .* since \d{4}-/) as unknown,
      Traffic: expect.stringContaining('90 % blue, 10 % green') as unknown,
      Next: expect.stringContaining('npm run deploy -- --target simulated --resume') as unknown,
    });
    expect(notes).toContain('incident channel notified: sent to C1');
  });

  it('cannot be sent: the run ends all the same, after the time that retries may take', async () => {
    const { exitCode, sent, notes } = await notified([]);
    expect([exitCode, sent.length]).toEqual([3, 3]);
    expect(notes).toContain('the incident channel was not notified: Slack answered 503');
  });
});
