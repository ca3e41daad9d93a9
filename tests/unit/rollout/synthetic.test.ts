import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseLoadProfiles } from '../../../src/config/load-profiles.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { quickSettings } from './simulation/command.ts';
import { ended, open, releases, ship } from './simulation/faults.ts';
import type { SimulatedTarget } from './simulation/target.ts';

const file = resolve(import.meta.dirname, '../../../config/load-profiles.yaml');
const profiles = parseLoadProfiles(file, readFileSync(file, 'utf8'));
/** Users send too few, so that requests of our own are needed. */
const settings = {
  ...quickSettings,
  judge: { ...quickSettings.judge, beta: 1e-12 },
  synthetic: { profile: 'stage', rate: 20 },
} as const;

/** A login that takes ten seconds, and a k6 that runs on for a while after it was stopped. */
function withLoad(target: SimulatedTarget, log: string[]) {
  return (context: RolloutContext): RolloutContext => ({
    ...context,
    profiles,
    tools: { k6: { path: 'k6', version: '2' } },
    instruments: {
      ...context.instruments,
      signIn: async () => {
        target.pass(10_000);
        return { ok: true, sessions: {}, waitedMs: 0 };
      },
      runLoad: (_, { signal }) =>
        new Promise((done) => {
          log.push('k6 started');
          signal.addEventListener('abort', () => {
            log.push('k6 stopped');
            setTimeout(() => {
              log.push('k6 ended');
              done({ outcome: { exitCode: 0 } } as never);
            }, 50);
          });
        }),
    },
    drivers: {
      ...context.drivers,
      router: {
        ...context.drivers.router,
        setShares: async (shares, call) => {
          log.push(`shares ${shares.blue}:${shares.green}`);
          return context.drivers.router.setShares(shares, call);
        },
      },
    },
  });
}

it('a rollback does not wait for k6 to end, and the command does', async () => {
  const { target, simulation } = await open({ kind: 'errors', fromShare: 0 });
  await using _ = simulation;
  const log: string[] = [];
  const { exitCode } = ended(await simulation.run(ship, { change: withLoad(target, log), settings }));
  expect([exitCode, releases(target)]).toEqual([1, ['old']]);
  expect(log).toEqual(['shares 90:10', 'k6 started', 'k6 stopped', 'shares 100:0', 'k6 ended']);
});

it('the time of a login between the shift and the first observation is recorded as unobserved', async () => {
  const { target, simulation } = await open();
  await using _ = simulation;
  await simulation.run(ship, { change: withLoad(target, []), settings });
  const events = (await simulation.rollout())?.record.events ?? [];
  const [first] = events.flatMap((event) => (event.type === 'observed' ? [event.observation] : []));
  expect(first).toMatchObject({ observed: false, lengthMs: 10_000 });
  expect(first?.problems[0]).toContain('unobserved for 10 s');
});
