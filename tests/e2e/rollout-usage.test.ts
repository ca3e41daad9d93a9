import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openRolloutGround, type RolloutGround } from './support/rollout-ground.ts';

let ground: RolloutGround;
beforeAll(async () => {
  ground = await openRolloutGround();
});
afterAll(() => ground[Symbol.asyncDispose]());

describe('refused before anything is touched', () => {
  it.each([
    [['--resume'], 'No rollout of this target is open'],
    [['--abort'], 'No rollout of this target is open'],
    [['--release', 'freetask@1.4.0'], 'is what users have already'],
    [['--strategy', 'big-bang'], 'Allowed choices are blue-green, rolling'],
    [['--resume', '--abort'], 'cannot be used with'],
    [['--wait', 'long'], 'a duration is needed'],
  ])('%j', async (args, told) => {
    const { exitCode, stderr } = await ground.deploy(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(told)]);
    expect(await ground.status()).toMatchObject({ live: 'blue', colours: { blue: { releases: ['freetask@1.4.0'] } } });
    expect(ground.journal()).toEqual([]);
  });
});
