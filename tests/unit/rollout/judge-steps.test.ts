import { expect, it } from 'vitest';
import { judgeSteps } from '../../../src/core/judge/rollout-steps.ts';
import type { TimedRolloutEvent } from '../../../src/core/rollout/record.ts';
import type { RolloutStep } from '../../../src/core/rollout/step.ts';
import { planBlueGreen } from '../../../src/core/rollout/plan.ts';
import { planRoll } from '../../../src/core/rollout/plan-roll.ts';
import { settings } from './samples.ts';

const plan = planBlueGreen({ release: 'b', live: 'blue', settings });
const confirm: RolloutStep = { do: 'confirm', side: { kind: 'colour', colour: 'blue' }, because: 'keep-warm' };
const at = '2026-01-01T00:00:00.000Z';
const judge = (event: TimedRolloutEvent) => judgeSteps({ plan, forecast: [], events: [event] });

it('a colour that is not kept warm is inconclusive, and its reason is given once', () => {
  const because = 'blue is kept warm: not healthy: connect ECONNREFUSED.';
  expect(judge({ at, type: 'failed', step: confirm, because })).toMatchObject([
    { id: 'rollout.keep-warm', status: 'inconclusive', because },
  ]);
});

it('a step that was done is named with its outcome', () => {
  expect(judge({ at, type: 'done', step: confirm, summary: 'running and ready at weight 0' })).toMatchObject([
    { status: 'pass', because: 'blue is kept warm: running and ready at weight 0.' },
  ]);
});

it('what a rollback left alone or could not deliver is no problem of the router', () => {
  const problems = ['other was left alone'];
  const step = { do: 'restore-flags' } as const;
  const judged = judge({ at, type: 'done', step, summary: 'none to restore', problems });
  expect(judged.filter(({ because }) => because.includes('left alone'))).toEqual([]);
  const shift = { do: 'shift', shares: { blue: 90, green: 10 } } as const;
  const changed = judge({ at, type: 'done', step: shift, summary: 'read back', problems: ['no state file'] });
  expect(changed.some(({ because }) => because.includes('no state file'))).toBe(true);
});

it('of instances that were replaced while no command ran, no ending is known: those that were seen show nothing of them', () => {
  const sizes = { first: 1, serving: 3 };
  const rolled = planRoll({ release: 'b', previousRelease: 'a', live: 'blue', settings, sizes });
  const step = { do: 'roll', release: 'b', part: 'all' } as const;
  const endings = [{ name: 'api-3', code: 0, killed: false }];
  const intended: TimedRolloutEvent = { at, type: 'intended', step };
  const done: TimedRolloutEvent = { at, type: 'done', step, summary: '3 of 3', endings, lingering: [] };
  const statusAfter = (...events: TimedRolloutEvent[]) =>
    judgeSteps({ plan: rolled, forecast: [], events }).find(({ id }) => id === 'rollout.stop')?.status;
  expect(statusAfter(intended, done)).toBe('pass');
  expect(statusAfter(intended, intended, done)).toBe('inconclusive');
});
