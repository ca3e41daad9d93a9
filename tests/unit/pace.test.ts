import { expect, it } from 'vitest';
import { paceMs, paceRate } from '../../src/core/pace.ts';
import { childInputOf } from '../../src/runners/newman.ts';
import { createPacer } from '../../src/system/pacer.ts';
import { fakeClock } from '../contract/support/scripted-server.ts';
import { targetAt } from '../contract/support/target-at.ts';
import { serviceDefaults } from '../contract/support/service-defaults.ts';

const limit = { requests: 30, perMs: 60_000 };

it('all tools together stay below the limit', () => {
  expect(paceMs(limit)).toBeGreaterThan(2000);
  expect(paceRate(limit)).toBeCloseTo(0.45);
  expect([paceMs(undefined), paceRate(undefined)]).toEqual([0, undefined]);
});

it('requests that come together are spread evenly, and one that comes late does not wait', async () => {
  const clock = fakeClock();
  const pacer = createPacer(2000, clock);
  await pacer.turn();
  await pacer.turn();
  await clock.sleep(5000);
  await pacer.turn();
  await pacer.turn();
  expect(clock.slept).toEqual([2000, 5000, 2000]);
});

it('without a limit nobody waits', async () => {
  const clock = fakeClock();
  const pacer = createPacer(0, clock);
  await pacer.turn();
  await pacer.turn();
  expect(clock.slept).toEqual([]);
});

it('a collection pauses before each request; another tool follows it', () => {
  const delayOf = (playwright: false | undefined) => {
    const smoke = { budgetMs: 1000, ours: serviceDefaults.smoke, ...(playwright === undefined ? {} : { playwright }) };
    const target = targetAt('http://127.0.0.1:1', { rateLimit: limit, smoke });
    return childInputOf({ target, collection: 'c.json', sessionsFile: 's.json', budgetMs: 1000 }, 'r.json', {}).delayMs;
  };
  expect([delayOf(false), delayOf(undefined)]).toEqual([paceMs(limit), paceMs(limit)]);
});
