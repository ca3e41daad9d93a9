import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance } from '../../../src/core/rollout/advance.ts';
import { planRolling } from '../../../src/core/rollout/plan.ts';
import { judgedSettings } from '../../../src/core/rollout/watch.ts';
import { planRollback } from '../../../src/core/rollout/rollback-plan.ts';
import type { RolloutStep } from '../../../src/core/rollout/step.ts';
import { execute, executeOn, ids, next, until } from './execute-plan.ts';
import { blueGreen, finish, observation, rolling, settings, stage } from './samples.ts';

it('a sample of the router is part of the journal and changes no state', () => {
  const state = until(blueGreen(), 'observe 10');
  const sample = { at: '', lengthMs: 1000, strata: [] };
  expect(advance(state, { type: 'sampled', stage, sample }).state).toEqual(state);
});

describe('blue-green', () => {
  it('releases on the idle colour, migrates, verifies it, and then goes through the stages', () => {
    expect(ids(blueGreen())).toEqual([
      'release green',
      'migrate',
      'verify green',
      ...[10, 50, 100].flatMap((share) => [
        `shift ${100 - share}:${share}`,
        `observe ${share}`,
        `smoke ${share}`,
        `judge ${share}`,
      ]),
      'confirm blue',
      'watch',
      'smoke watch-end',
      'conclude-watch',
    ]);
  });

  it('is promoted when every step succeeded', () => {
    const state = execute(blueGreen());
    expect(state).toMatchObject({ phase: 'promoted', shares: { blue: 0, green: 100 } });
    expect(advance(state, { type: 'paused', because: 'late' }).commands).toEqual([]);
  });

  it.each(['release green', 'migrate', 'verify green', 'shift 90:10'])(
    'a failure of "%s" starts the rollback',
    (id) => {
      const state = until(blueGreen(), id);
      const step = next(state);
      if (!step) throw new Error(id);
      const back = advance(state, { type: 'failed', step, because: 'the disk is gone' }).state;
      expect(back).toMatchObject({ phase: 'rolling-back', because: 'the disk is gone' });
      expect(ids(back)).toEqual(['shift 100:0', 'confirm blue']);
      expect(executeOn(back)).toMatchObject({ phase: 'rolled-back', shares: { blue: 100, green: 0 } });
    },
  );

  it('a colour that cannot be kept warm is no reason to roll back to it', () => {
    const state = until(blueGreen(), 'confirm blue');
    const step = next(state);
    if (!step) throw new Error('no step');
    const { state: kept } = advance(state, { type: 'failed', step, because: 'not healthy' });
    expect(executeOn(kept)).toMatchObject({ phase: 'promoted', shares: { blue: 0, green: 100 } });
  });

  it('NO-GO starts the rollback at once, also while observing and during the smoke', () => {
    for (const id of ['observe 50', 'smoke 50', 'judge 50']) {
      const state = until(blueGreen(), id);
      const fifty = { ...stage, share: 50 };
      expect(advance(state, { type: 'judged', stage: fifty, word: 'NO-GO', because: '5xx' }).state.phase, id).toBe(
        'rolling-back',
      );
    }
  });

  it('HOLD goes on observing the same stage and keeps its observations', () => {
    let state = advance(until(blueGreen(), 'observe 10'), {
      type: 'observed',
      stage,
      observation: observation(),
    }).state;
    state = executeOn(state, (now) => ids(now)[now.position] === 'judge 10');
    state = advance(state, { type: 'judged', stage, word: 'HOLD', because: 'too few' }).state;
    expect(ids(state)[state.position]).toBe('observe 10');
    expect(state.observations).toHaveLength(1);
  });

  it('observations belong to one stage', () => {
    const state = executeOn(
      advance(until(blueGreen(), 'observe 10'), { type: 'observed', stage, observation: observation() }).state,
      (now) => ids(now)[now.position] === 'observe 50',
    );
    expect(state.observations).toEqual([]);
  });

  it('a rollback that fails names both reasons, and can be ordered again', () => {
    const back = advance(until(blueGreen(), 'observe 10'), {
      type: 'judged',
      stage,
      word: 'NO-GO',
      because: '5xx',
    }).state;
    const step = next(back);
    if (!step) throw new Error('no rollback');
    const failed = advance(back, { type: 'failed', step, because: 'no router' }).state;
    expect(failed.phase).toBe('rollback-failed');
    expect(failed.because).toMatch(/no router.*5xx/);
    const again = advance(failed, { type: 'aborted', because: 'the router is back' }).state;
    expect(executeOn(again)).toMatchObject({ phase: 'rolled-back', shares: { blue: 100, green: 0 } });
  });

  it('a stage that was paused because its time was spent is observed for another hold budget', () => {
    const spent = Array.from({ length: 19 }, () => observation());
    const state = { ...until(blueGreen(), 'observe 10'), observations: spent, stage };
    const resumed = advance(state, { type: 'resumed', unobservedMs: 0 }).state;
    expect(judgedSettings(resumed)).toMatchObject({ dwellMs: 60_000, holdBudgetMs: 190_000 - 60_000 + 120_000 });
    const early = { ...state, observations: spent.slice(0, 3) };
    expect(judgedSettings(advance(early, { type: 'resumed', unobservedMs: 0 }).state).holdBudgetMs).toBe(120_000);
  });

  it('can be aborted at any step, once', () => {
    const state = advance(until(blueGreen(), 'smoke 50'), { type: 'aborted', because: 'ordered' }).state;
    expect(state.phase).toBe('rolling-back');
    expect(advance(state, { type: 'aborted', because: 'again' }).state).toEqual(state);
  });

  it('an event of another step, or of another stage, changes nothing', () => {
    const state = until(blueGreen(), 'observe 50');
    const other = state.steps[0];
    if (!other) throw new Error('no step');
    expect(advance(state, finish(other)).state).toEqual(state);
    expect(advance(state, { type: 'judged', stage, word: 'NO-GO', because: 'of 10 %' }).state).toEqual(state);
  });
});

describe('rolling', () => {
  it('adds a surge instance first, replaces one after the other, and removes the surge instance before the last stage', () => {
    const steps = ids(rolling());
    expect(steps.slice(0, 4)).toEqual(['migrate', 'start blue-surge new', 'verify blue-surge', 'join blue-surge']);
    expect(steps.filter((id) => id.startsWith('drain'))).toEqual([
      'drain blue-1',
      'drain blue-2',
      'drain blue-3',
      'drain blue-surge',
    ]);
    expect(steps.indexOf('join blue-1')).toBeLessThan(steps.indexOf('drain blue-2'));
    expect(steps.filter((id) => id.startsWith('observe'))).toEqual([
      'observe 25',
      'observe 50',
      'observe 75',
      'observe 100',
    ]);
  });

  it('by zone a whole zone is one batch, and needs as many surge places', () => {
    expect(() => rolling({ by: 'zone' })).toThrow('1 surge instances and maxUnavailable 0');
    // maxSurge beyond the number of surge places has no effect.
    expect(() => rolling({ by: 'zone', maxSurge: 2 })).toThrow('1 surge instances and maxUnavailable 0');
    const plan = rolling({ by: 'zone', maxUnavailable: 1 });
    expect('batches' in plan && plan.batches).toEqual([['blue-1', 'blue-3'], ['blue-2']]);
  });

  it('restores what was replaced, the newest first, and removes the surge instance last; the others are left alone', () => {
    const state = until(rolling(), 'join blue-2');
    const step = next(state);
    if (!step) throw new Error('no step');
    const back = advance(state, { type: 'failed', step, because: 'not healthy' }).state;
    expect(ids(back)).toEqual([
      ...['blue-2', 'blue-1'].flatMap((name) => [
        `drain ${name}`,
        `stop ${name}`,
        `start ${name} old`,
        `verify ${name}`,
        `join ${name}`,
      ]),
      'drain blue-surge',
      'stop blue-surge',
      'confirm blue-1, blue-2, blue-3',
    ]);
    expect(executeOn(back).phase).toBe('rolled-back');
  });

  it('rolled back at any step, users have as many instances as the SOP allows, and all end on the old release', () => {
    const options = fc.record({
      members: fc.integer({ min: 1, max: 4 }),
      surge: fc.integer({ min: 1, max: 2 }),
      batch: fc.integer({ min: 1, max: 3 }),
      maxUnavailable: fc.integer({ min: 0, max: 1 }),
      cut: fc.nat(),
      performed: fc.boolean(),
    });
    fc.assert(
      fc.property(options, ({ members, surge, batch, maxUnavailable, cut, performed }) => {
        fc.pre(Math.min(batch, members) <= surge + maxUnavailable);
        const names = (count: number, prefix: string) => Array.from({ length: count }, (_, index) => prefix + index);
        const plan = planRolling({
          release: 'new',
          previousRelease: 'old',
          live: 'blue',
          settings: { ...settings, rolling: { by: 'instance', batch, maxSurge: surge, maxUnavailable } },
          instances: [
            ...names(members, 'blue-').map((name) => ({ name, surge: false })),
            ...names(surge, 'surge-').map((name) => ({ name, surge: true })),
          ],
        });
        const pool = new Map(names(members, 'blue-').map((name) => [name, { release: 'old', inPool: true }]));
        const perform = (step: RolloutStep) => {
          if (!('instance' in step)) return;
          const was = pool.get(step.instance);
          if (step.do === 'drain') pool.set(step.instance, { release: was?.release ?? '', inPool: false });
          // An instance in the pool is never stopped.
          if (step.do === 'stop' || step.do === 'start') expect(was?.inPool ?? false).toBe(false);
          if (step.do === 'start') pool.set(step.instance, { release: step.release, inPool: false });
          if (step.do === 'stop') pool.delete(step.instance);
          if (step.do === 'join') pool.set(step.instance, { release: was?.release ?? '', inPool: true });
          const serving = [...pool.values()].filter(({ inPool }) => inPool).length;
          expect(serving).toBeGreaterThanOrEqual(members - maxUnavailable);
        };
        const startedSteps = plan.steps.slice(0, (cut % plan.steps.length) + 1);
        for (const step of startedSteps.slice(0, -1)) perform(step);
        const last = startedSteps.at(-1);
        if (last && performed) perform(last);
        for (const step of planRollback(plan, startedSteps)) perform(step);
        expect(Object.fromEntries(pool)).toEqual(
          Object.fromEntries(names(members, 'blue-').map((name) => [name, { release: 'old', inPool: true }])),
        );
      }),
    );
  });

  it('a surge instance that never became ready is all that has to be removed', () => {
    const state = until(rolling(), 'verify blue-surge');
    const step = next(state);
    if (!step) throw new Error('no step');
    expect(ids(advance(state, { type: 'failed', step, because: 'never ready' }).state).slice(0, 2)).toEqual([
      'drain blue-surge',
      'stop blue-surge',
    ]);
  });
});
