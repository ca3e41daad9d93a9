import { expect, it } from 'vitest';
import { sloNumbers } from '../../src/core/slo-numbers.ts';
import { judgement } from './release/facts.ts';
import { slos } from './rollout/samples.ts';

it('the alert rule of an objective is not a number of the release', () => {
  const [slo] = slos;
  if (!slo) throw new Error('no objective');
  const rule = judgement({ id: `alert.${slo.id}`, clauses: ['1.4b'], status: 'fail', actual: 'above 0.02' });
  expect(sloNumbers([rule], slos)).toEqual([]);
  const measured = judgement({ id: `stage-10.${slo.id}`, clauses: ['3.2c'], status: 'pass', actual: '0 %' });
  expect(sloNumbers([rule, measured], slos)).toMatchObject([{ status: 'pass', value: '0 %' }]);
});
