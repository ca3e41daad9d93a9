import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  advance,
  foldRollout,
  isFinished,
  startRollout,
  type RolloutEvent,
} from '../../../src/core/rollout/advance.ts';
import type { RolloutPlan } from '../../../src/core/rollout/plan.ts';
import { executeOn, next, until } from './execute-plan.ts';
import { blueGreen, finish, observation, rolling, stage } from './samples.ts';

describe('crash-only', () => {
  /** Any sequence of events that a journal can hold: steps that succeed, fail or are unfinished, observations, verdicts, signals. */
  const journals = (plan: RolloutPlan) =>
    fc.array(fc.integer({ min: 0, max: 9 }), { maxLength: 60 }).map((choices) => {
      let { state } = startRollout(plan);
      const events: RolloutEvent[] = [];
      for (const choice of choices) {
        const step = next(state);
        if (!step || isFinished(state)) break;
        const staged = 'stage' in step ? step.stage : stage;
        const event: RolloutEvent =
          choice === 0
            ? { type: 'failed', step, because: 'it failed' }
            : choice === 1
              ? { type: 'observed', stage: staged, observation: observation() }
              : choice === 2
                ? { type: 'judged', stage: staged, word: 'NO-GO', because: 'bad' }
                : choice === 3
                  ? { type: 'paused', because: 'SIGINT' }
                  : choice === 4
                    ? { type: 'intended', step }
                    : finish(step);
        events.push(event);
        state = advance(state, event).state;
      }
      return events;
    });

  it.each([
    ['blue-green', blueGreen],
    ['rolling', rolling],
  ])('%s: the state is the fold of the journal as it is read back', (_, plan) => {
    fc.assert(
      fc.property(journals(plan()), (events) => {
        const readBack = JSON.parse(JSON.stringify(events)) as RolloutEvent[];
        expect(foldRollout(plan(), readBack)).toEqual(foldRollout(plan(), events));
      }),
    );
  });

  it.each([
    ['blue-green', blueGreen],
    ['rolling', rolling],
  ])('%s: cut off anywhere, it can always be brought to an end', (_, plan) => {
    fc.assert(
      fc.property(journals(plan()), fc.boolean(), (events, abort) => {
        let state = foldRollout(plan(), events);
        if (abort) state = advance(state, { type: 'aborted', because: 'enough' }).state;
        const end = executeOn(state);
        expect(isFinished(end)).toBe(true);
        if (end.phase !== 'rollback-failed' && end.plan.strategy === 'blue-green') {
          expect(end.shares).toEqual(end.phase === 'promoted' ? { blue: 0, green: 100 } : { blue: 100, green: 0 });
        }
      }),
    );
  });

  it('an intended step is remembered until it is done', () => {
    const state = until(blueGreen(), 'shift 90:10');
    const step = next(state);
    if (!step) throw new Error('no step');
    const startedSteps = advance(state, { type: 'intended', step }).state;
    expect(startedSteps.intended).toEqual(step);
    expect(advance(startedSteps, finish(step)).state.intended).toBeUndefined();
  });
});
