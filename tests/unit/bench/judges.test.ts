import { describe, expect, it } from 'vitest';
import { mannWhitneyJudge } from '../../../scripts/bench/judges/mann-whitney.ts';
import { addCells, poller } from '../../../scripts/bench/judges/pollers.ts';
import { lastSecond, scenarios } from '../../../scripts/bench/judges/scenarios.ts';
import { simulateRelease, type Cell, type Second } from '../../../scripts/bench/judges/traffic.ts';

const [healthy] = scenarios;
if (!healthy) throw new Error('no scenario');
const settings = { blips: 'none', rate: 50, seed: 7 } as const;

describe('a simulated release', () => {
  it('is the same for the same seed, and another one for another', () => {
    expect(simulateRelease(healthy, settings)).toEqual(simulateRelease(healthy, settings));
    expect(simulateRelease(healthy, { ...settings, seed: 8 })).not.toEqual(simulateRelease(healthy, settings));
  });

  it('has the rates that it is described by', () => {
    const seconds = simulateRelease(healthy, settings);
    const all = addCells(seconds.flatMap(({ green, blue }) => [green, blue]));
    expect(all.requests / lastSecond).toBeGreaterThan(45);
    expect(all.requests / lastSecond).toBeLessThan(56);
    expect(all.serverErrors / all.requests).toBeCloseTo(0.001, 3);
    expect(all.payments / all.requests).toBeCloseTo(0.03, 2);
    expect(all.failedPayments / all.payments).toBeCloseTo(0.003, 2);
    expect(all.over1000 / all.requests).toBeCloseTo(0.004, 2);
    expect(seconds.filter(({ share }) => share === 100).every(({ blue }) => blue.requests === 0)).toBe(true);
  });

  it('has the P95 of its defect', () => {
    const slow = scenarios.find(({ name }) => name === 'P95 1.5 s');
    const green = addCells(simulateRelease(slow ?? healthy, settings).map((second) => second.green));
    // Of a log-normal with P50 400 ms and P95 1.5 s, 12.7 % are above 1 s.
    expect(green.over1000 / green.requests).toBeCloseTo(0.127, 1);
  });
});

const none: Cell = { requests: 0, serverErrors: 0, payments: 0, failedPayments: 0, over400: 0, over1000: 0 };
const cell = (changed: Partial<Cell> = {}): Cell => ({ ...none, requests: 10, payments: 1, ...changed });
const second = (green: Cell, blue: Cell = cell()): Second => ({ share: 50, green, blue });
const release = (length: number, green: (index: number) => Cell, blue?: Cell): Second[] =>
  Array.from({ length }, (_, index) => second(green(index), blue));

describe('a poller', () => {
  it('rolls back with the failed check of its number, and counts them over the whole release', () => {
    const bad = new Set([5, 25, 45]);
    const failing = release(60, (index) => cell({ serverErrors: bad.has(index) ? 2 : 0 }));
    expect(poller({ everySeconds: 10, failures: 1 })(failing)).toBe(10);
    expect(poller({ everySeconds: 10, failures: 3 })(failing)).toBe(50);
    expect(poller({ everySeconds: 10, failures: 4 })(failing)).toBeNull();
    expect(poller({ everySeconds: 10, failures: 2, delay: 10 })(failing)).toBe(50);
  });

  it.each([
    ['failed payments', { failedPayments: 1 }, null],
    ['slow answers', { over1000: 1 }, null],
    ['5xx', { serverErrors: 1 }, 10],
  ])('checks %s', (_, changed, errorsOnly) => {
    const failing = release(20, () => cell(changed));
    expect(poller({ everySeconds: 10, failures: 1 })(failing)).toBe(10);
    expect(poller({ everySeconds: 10, failures: 1, errorsOnly: true })(failing)).toBe(errorsOnly);
  });

  it('passes a check without requests, and a rate at its limit', () => {
    expect(poller({ everySeconds: 10, failures: 1 })(release(20, () => none))).toBeNull();
    expect(
      poller({ everySeconds: 10, failures: 1 })(release(20, () => cell({ requests: 100, serverErrors: 1 }))),
    ).toBeNull();
  });
});

describe('the Mann-Whitney judge', () => {
  it('rolls back at the end of the window in which green is worse', () => {
    const late = release(900, (index) => cell({ serverErrors: index >= 300 ? (index % 3 === 0 ? 2 : 1) : 0 }));
    expect(mannWhitneyJudge(late)).toBe(600);
  });

  it('does not where both are the same, green is better, or blue has no traffic', () => {
    const failing = (index: number) => cell({ serverErrors: index % 2 });
    expect(mannWhitneyJudge(release(900, failing, cell({ serverErrors: 1 })))).toBeNull();
    expect(mannWhitneyJudge(release(900, failing, none))).toBeNull();
    expect(mannWhitneyJudge(release(900, () => cell()))).toBeNull();
  });
});
