import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/core/run-result.ts';
import { openRolloutFixture, type RolloutFixture } from './support/rollout-fixture.ts';

let ground: RolloutFixture;
beforeAll(async () => {
  ground = await openRolloutFixture();
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
    [['--abort', '--accept-weights'], 'cannot be used with'],
  ])('%j', async (args, told) => {
    const { exitCode, stderr } = await ground.deploy(args);
    expect([exitCode, stderr]).toEqual([2, expect.stringContaining(told)]);
    expect(await ground.status()).toMatchObject({ live: 'blue', colours: { blue: { releases: ['freetask@1.4.0'] } } });
    expect(ground.journal()).toEqual([]);
  });
});

it('a rolling update by a router that cannot handle instances is refused before anything is touched', async () => {
  const [read, set]: [string[], string[]] = [['echo', '{"blue":100,"green":0}'], ['true']];
  const target = await ground.variant({ router: { driver: 'command', read, set } });
  const rolling = ['--release', 'freetask@1.6.0', '--strategy', 'rolling'];
  expect(await ground.deploy([...rolling, '--target', target])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('no command `member`') as unknown,
  });
  const unknown = await ground.variant({ router: { driver: 'command', read, set, member: ['true'] } });
  expect(await ground.deploy([...rolling, '--target', unknown])).toMatchObject({
    exitCode: 2,
    stderr: expect.stringContaining('does not know blue-1') as unknown,
  });
  expect(ground.journal()).toEqual([]);
});

it('a plan alone leaves no run behind', async () => {
  const { exitCode, stdout } = await ground.deploy(['--release', 'freetask@1.6.0', '--dry-run']);
  expect([exitCode, stdout]).toEqual([0, expect.stringContaining('forecast')]);
  expect((await readdir(ground.reports).catch(() => [])).filter((name) => !name.startsWith('.'))).toEqual([]);
});

it('an instance that ends at its start is not waited for: its last words are the reason, and users saw nothing', async () => {
  const target = await ground.variant({ readiness: { stableFor: '2s', interval: '100ms', budget: '10m' } });
  const args = ['--release', 'freetask@9.9.9', '--target', target, '--json'];
  const { exitCode, stdout, stderr } = await ground.deploy(args);
  expect([exitCode, exitCode === 1 ? '' : stderr]).toEqual([1, '']);
  const { verdict, rollout } = JSON.parse(stdout) as RunResult;
  expect(verdict.because).toMatch(/green-1 .*ended with exit code 1: .*not in the catalogue: freetask@9\.9\.9/s);
  expect(rollout?.users).toBeUndefined();
  expect(await ground.status()).toMatchObject({ live: 'blue', shares: { blue: 100, green: 0 } });
});
