import { expect, it } from 'vitest';
import { judgeRollout } from '../../../src/core/judge/rollout.ts';
import type { CheckPlan } from '../../../src/core/plan.ts';
import { eventRow } from '../../../src/report/rollout-events.ts';
import { blueGreen } from './samples.ts';
import { ended, open, ship } from './simulation/faults.ts';

it('the journal has the line of the order that decided, and the report shows it', async () => {
  const { simulation } = await open({ kind: 'errors', fromShare: 0 });
  await using _ = simulation;
  expect(ended(await simulation.run(ship)).exitCode).toBe(1);
  const record = (await simulation.rollout())?.record;
  const judged = record?.events.findLast((event) => event.type === 'judged');
  expect(judged).toMatchObject({ word: 'NO-GO', line: expect.stringMatching(/^(?:fast|breach|sop)$/) as unknown });
  expect(judged && eventRow(judged)?.result).toMatch(
    /\(decided by: (?:breach|breach and regression) proved\)$|literal rule\)$/,
  );
});

it('a reason that ends with a full stop gets no second one', () => {
  const plan = blueGreen();
  const [first] = plan.steps;
  if (!first) throw new Error('no step');
  const because = 'about 12 more samples prove it.';
  const events = [
    { type: 'intended', step: first },
    { type: 'paused', because },
  ] as const;
  const record = { plan, forecast: [], events: events.map((event) => ({ at: '', ...event })) };
  const [outcome] = judgeRollout(record, { plan: { slos: [] } as unknown as CheckPlan, smoke: [] });
  expect(outcome?.because).toBe('Open: about 12 more samples prove it.');
});
