import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { advance, type RolloutState } from '../../../src/core/rollout/advance.ts';
import { planDown, type PlannedMigration } from '../../../src/core/rollout/migrations.ts';
import type { RolloutPlan } from '../../../src/core/rollout/plan.ts';
import { planRollback } from '../../../src/core/rollout/rollback-plan.ts';
import type { RollbackParts } from '../../../src/core/rollout/rollback-parts.ts';
import { stepInfo } from '../../../src/core/rollout/step-info.ts';
import { executeOn, ids, next, until } from './execute-plan.ts';
import { blueGreen, rolling } from './samples.ts';

const migration = (id: string, more: Partial<PlannedMigration> = {}): PlannedMigration => ({
  id,
  class: 'expand',
  because: 'declared',
  revertible: true,
  ...more,
});
const contract = migration('2', { class: 'contract' });
const everything: RollbackParts = {
  flags: true,
  migrations: [migration('1'), contract],
  incident: true,
  ticket: true,
  sentry: true,
  proof: true,
};
const undo = [
  'restore-flags',
  'migrate-down',
  'notify-incident',
  'open-ticket',
  'record-failed-deploy',
  'prove-rollback',
];

const idsOf = (plan: RolloutPlan, startedSteps = plan.steps) =>
  planRollback(plan, startedSteps).map((step) => stepInfo(step).id);

describe('the steps of a rollback', () => {
  it.each([
    ['blue-green', blueGreen, 'confirm blue'],
    ['rolling', rolling, 'confirm blue-1, blue-2, blue-3'],
  ] as const)(
    '%s: flags, schema and reports follow once traffic is confirmed, in the order of 4.2',
    (_, planOf, confirm) => {
      const plan = planOf({}, everything);
      expect(stepInfo(plan.steps[0] ?? { do: 'notify-incident' }).id).toBe('snapshot-flags');
      const steps = idsOf(plan);
      expect(steps.slice(steps.indexOf(confirm))).toEqual([confirm, ...undo]);
    },
  );

  it('are none beside the traffic where the target file configures none', () => {
    expect(idsOf(blueGreen())).toEqual(['shift 100:0', 'confirm blue']);
  });

  it('undo nothing that was not started', () => {
    const plan = blueGreen({}, everything);
    expect(idsOf(plan, [])).not.toContain('restore-flags');
    expect(idsOf(plan, plan.steps.slice(0, 2))).toContain('restore-flags');
    expect(idsOf(plan, plan.steps.slice(0, 2))).not.toContain('migrate-down');
    expect(idsOf(plan, plan.steps.slice(0, 3))).toContain('migrate-down');
  });
});

describe('the migrations that a rollback reverts', () => {
  const idsDown = (...migrations: PlannedMigration[]) => {
    const { revert, stay } = planDown(migrations);
    return [revert.map(({ id }) => id), stay.map(({ id }) => id)];
  };
  const irreversible = migration('3', { class: 'irreversible', revertible: false });

  it.each([
    ['all expand: none', [migration('1'), migration('4')], [], []],
    ['one contracts: all of the release', [migration('1'), contract, migration('4')], ['1', '2', '4'], []],
    ['the last one is irreversible: none, and it stays', [migration('1'), irreversible], [], ['3']],
    [
      'what contracts before an irreversible one stays with it',
      [contract, irreversible, migration('4')],
      [],
      ['2', '3'],
    ],
    ['what contracts after it is reverted', [irreversible, migration('4', { class: 'contract' })], ['4'], ['3']],
    ['what expands and has no down stays', [migration('1', { revertible: false }), contract], ['2'], []],
  ] as const)('%s', (_, migrations, revert, stay) => {
    expect(idsDown(...migrations)).toEqual([revert, stay]);
  });

  it('what contracts is reverted or named, never neither and never both', () => {
    const any = fc.record({
      id: fc.string(),
      class: fc.constantFrom('expand', 'contract', 'irreversible'),
      because: fc.constant(''),
      revertible: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(any), (migrations) => {
        const { revert, stay } = planDown(migrations);
        for (const each of migrations.filter((one) => one.class !== 'expand'))
          expect(Number(revert.includes(each)) + Number(stay.includes(each))).toBe(1);
        for (const each of revert) expect([each.class === 'irreversible', each.revertible]).toEqual([false, true]);
      }),
    );
  });
});

describe('a rollback of which something fails', () => {
  const rollingBack = () =>
    advance(until(blueGreen({}, everything), 'observe 10'), { type: 'aborted', because: '5xx' }).state;
  const failing = (state: RolloutState, id: string) => {
    const before = executeOn(state, (now) => ids(now)[now.position] === id);
    const step = next(before);
    if (!step) throw new Error(id);
    return advance(before, { type: 'failed', step, because: `${id} failed` }).state;
  };

  it.each(undo.slice(2))('%s: rolled back all the same, and every other step is executed', (id) => {
    const state = failing(rollingBack(), id);
    expect(ids(state)[state.position]).toBe(undo[undo.indexOf(id) + 1]);
    expect(executeOn(state)).toMatchObject({ phase: 'rolled-back', because: '5xx' });
  });

  it.each(['confirm blue', 'restore-flags', 'migrate-down'])('%s: the others follow, and it has failed', (id) => {
    const state = failing(rollingBack(), id);
    expect(state.phase).toBe('rolling-back');
    expect(ids(state)[state.position]).toBe(['confirm blue', ...undo][['confirm blue', ...undo].indexOf(id) + 1]);
    const { phase, because } = executeOn(state);
    expect([phase, because]).toEqual(['rollback-failed', `${id} failed (while rolling back because of: 5xx)`]);
  });

  it('the shift: neither flags nor schema are touched, it is reported, and nothing is left to prove until it is repeated', () => {
    const proves = (now: RolloutState) => ids(now)[now.position] === 'prove-rollback';
    const state = failing(rollingBack(), 'shift 100:0');
    expect(ids(state)[state.position]).toBe('notify-incident');
    const end = executeOn(state, proves);
    expect(end.phase).toBe('rollback-failed');
    const again = advance(end, { type: 'aborted', because: 'repaired' }).state;
    expect(executeOn(again, proves).phase).toBe('rolling-back');
    expect(executeOn(again).phase).toBe('rolled-back');
  });
});
