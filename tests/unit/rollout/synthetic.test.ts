import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLoadProfiles } from '../../../src/config/load-profiles.ts';
import type { Target } from '../../../src/core/target.ts';
import type { RolloutContext } from '../../../src/flows/rollout/run.ts';
import { quickSettings } from './simulation/command.ts';
import { at, ended, open, releases, ship } from './simulation/faults.ts';
import type { SimulatedTarget } from './simulation/target.ts';

const profilesFile = resolve(import.meta.dirname, '../../../config/load-profiles.yaml');
const profiles = parseLoadProfiles(profilesFile, readFileSync(profilesFile, 'utf8'));
/** Users send too few, so that requests of our own are needed. */
const settings = {
  ...quickSettings,
  judge: { ...quickSettings.judge, beta: 1e-12 },
  synthetic: { profile: 'stage', rate: 20 },
} as const;

const lines = (...values: readonly object[]): string => values.map((each) => `${JSON.stringify(each)}\n`).join('');
/** The beginning of a record as k6 writes it, and one second of it. */
const begun = lines(
  { event: 'param', data: { aggregates: { counter: ['count', 'rate'], gauge: ['value'], rate: ['rate'] } } },
  {
    event: 'metric',
    data: { http_reqs: { type: 'counter' }, http_req_failed: { type: 'rate' }, time: { type: 'gauge' } },
  },
  { event: 'start', data: [null, null, [1000]] },
);
const second = (requests: number, failed: number): string =>
  lines({ event: 'snapshot', data: [[failed / requests], [requests, requests], [2000]] });

interface Load {
  readonly log: string[];
  readonly notes?: string[];
  /** What k6 counts for an address; it is killed where there is none. */
  readonly record?: (api: string, file: string) => string | undefined;
  readonly target?: Partial<Pick<Target, 'load' | 'rateLimit'>>;
}

/** A login that takes ten seconds, and a k6 that runs on for a while after it was stopped. */
function withLoad(simulated: SimulatedTarget, { log, notes = [], record = () => begun, target = {} }: Load) {
  return (context: RolloutContext): RolloutContext => ({
    ...context,
    emit: (event) => {
      if (event.type === 'note') notes.push(event.text);
      context.emit(event);
    },
    profiles,
    tools: { k6: { path: 'k6', version: '2' } },
    targetOf: (colour) => ({ ...context.targetOf(colour), ...target }),
    instruments: {
      ...context.instruments,
      signIn: async () => {
        simulated.pass(10_000);
        return { ok: true, sessions: {}, waitedMs: 0 };
      },
      runLoad: async ({ target: { environment }, recordFile = '' }, { signal }) => {
        log.push(`k6 to ${environment.api}`);
        const counted = record(environment.api, recordFile);
        if (counted === undefined) return { outcome: { exitCode: null, signal: 'SIGKILL' }, problems: [] } as never;
        writeFileSync(recordFile, counted);
        return new Promise((done) => {
          signal.addEventListener('abort', () => {
            log.push('k6 stopped');
            setTimeout(() => {
              log.push('k6 ended');
              done({ outcome: { exitCode: 0 }, problems: [] } as never);
            }, 50);
          });
        });
      },
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
  const { exitCode } = ended(await simulation.run(ship, { change: withLoad(target, { log }), settings }));
  expect([exitCode, releases(target)]).toEqual([1, ['old']]);
  expect(log).toEqual([
    'shares 90:10',
    'k6 to http://green',
    'k6 to http://blue',
    'k6 stopped',
    'k6 stopped',
    'shares 100:0',
    'k6 ended',
    'k6 ended',
  ]);
});

it('the time of a login between the shift and the first observation is recorded as unobserved', async () => {
  const { target, simulation } = await open();
  await using _ = simulation;
  await simulation.run(ship, { change: withLoad(target, { log: [] }), settings });
  const events = (await simulation.rollout())?.record.events ?? [];
  const [first] = events.flatMap((event) => (event.type === 'observed' ? [event.observation] : []));
  expect(first).toMatchObject({ observed: false, lengthMs: 10_000 });
  expect(first?.problems[0]).toContain('unobserved for 10 s');
});

describe('requests of our own', () => {
  it('go to both sides, and are a stratum of the samples and a part of each side', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const log: string[] = [];
    const files = new Map<string, string>();
    const record = (api: string, file: string) => {
      files.set(api, file);
      return begun;
    };
    const count = () => {
      for (const [api, file] of files) appendFileSync(file, second(100, api.includes('green') ? 30 : 0));
    };
    await simulation.run(ship, {
      change: withLoad(target, { log, record }),
      settings,
      listen: at((event) => event.type === 'observed' && event.observation.observed, count),
    });
    const events = (await simulation.rollout())?.record.events ?? [];
    const strata = events.flatMap((event) => (event.type === 'sampled' ? [event.sample.strata] : []));
    expect(strata.find(([, synthetic]) => (synthetic?.canary.requests ?? 0) > 0)?.[1]).toEqual({
      canary: { requests: 100, failed: 30 },
      baseline: { requests: 100, failed: 0 },
    });
    const observed = events.flatMap((event) => (event.type === 'observed' ? [event.observation] : []));
    const first = observed.find(({ synthetic }) => (synthetic?.['5xx']?.trials ?? 0) > 0);
    expect([first?.synthetic?.['5xx'], first?.baselineSynthetic?.['5xx']]).toEqual([
      { events: 30, trials: 100 },
      { events: 0, trials: 100 },
    ]);
  });

  it('go to the canary alone where the previous release is not ready any more', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const log: string[] = [];
    const change = withLoad(target, { log });
    const withoutBlue = (context: RolloutContext): RolloutContext => {
      const changed = change(context);
      const isReady: typeof changed.instruments.isReady = async (asked, call) =>
        asked.environment.api !== 'http://blue' && (await changed.instruments.isReady(asked, call));
      return { ...changed, instruments: { ...changed.instruments, isReady } };
    };
    await simulation.run(ship, { change: withoutBlue, settings });
    expect(log.filter((line) => line.startsWith('k6 to'))).not.toContain('k6 to http://blue');
    expect(log).toContain('k6 to http://green');
  });

  it('end on both sides where k6 fails on one, which is named, and the stage goes on without them', async () => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const log: string[] = [];
    const killed = (api: string) => (api.includes('blue') ? undefined : begun);
    const settled = { ...settings, judge: quickSettings.judge };
    const outcome = await simulation.run(ship, {
      change: withLoad(target, { log, record: killed }),
      settings: settled,
    });
    expect(ended(outcome).exitCode).toBe(0);
  });

  it.each([
    ['load.off', { load: { off: 'shared with partners' } }, 'load.off of the target file: shared with partners'],
    [
      'a rate limit without room',
      { rateLimit: { requests: 60, perMs: 60_000 } },
      '40 requests/s to both sides together are more than half of the rate limit of 0.9/s',
    ],
  ])('are not sent with %s, which is named', async (_reason, more, why) => {
    const { target, simulation } = await open();
    await using _ = simulation;
    const log: string[] = [];
    const notes: string[] = [];
    const change = withLoad(target, { log, notes, target: more as never });
    await simulation.run(ship, { change, settings });
    expect(log.filter((line) => line.startsWith('k6'))).toEqual([]);
    expect(notes.join('\n')).toContain(`no synthetic requests: ${why}`);
  });
});
