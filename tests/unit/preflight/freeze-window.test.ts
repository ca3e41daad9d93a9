import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { cronProblem, instantIn, isZone, periodAt, shortestPeriodMs } from '../../../src/config/freeze-window.ts';

const hour = 3_600_000;
const weekend = { cron: '0 18 * * 5', forMs: 62 * hour, zone: 'Europe/Berlin', reason: 'weekend' };
const at = (iso: string) => {
  const found = periodAt(weekend, Date.parse(iso));
  return found && [found.from, found.until];
};

describe('a window that comes again', () => {
  it.each([
    ['a minute before it', '2026-11-27T16:59:00Z', '2026-11-27T18:00:00.000+01:00', '2026-11-30T08:00:00.000+01:00'],
    ['its first instant', '2026-11-27T17:00:00Z', '2026-11-27T18:00:00.000+01:00', '2026-11-30T08:00:00.000+01:00'],
    ['its last instant', '2026-11-30T06:59:59.999Z', '2026-11-27T18:00:00.000+01:00', '2026-11-30T08:00:00.000+01:00'],
    ['the instant after it', '2026-11-30T07:00:00Z', '2026-12-04T18:00:00.000+01:00', '2026-12-07T08:00:00.000+01:00'],
    // 62 hours pass, also where the clocks change between: from summer time, and to it.
    ['October', '2026-10-24T12:00:00Z', '2026-10-23T18:00:00.000+02:00', '2026-10-26T07:00:00.000+01:00'],
    ['March', '2026-03-28T12:00:00Z', '2026-03-27T18:00:00.000+01:00', '2026-03-30T09:00:00.000+02:00'],
  ])('%s', (_, now, from, until) => {
    expect(at(now)).toEqual([from, until]);
  });

  const nightly = { cron: '30 2 * * *', forMs: 2 * hour, zone: 'Europe/Berlin', reason: 'backups' };
  it.each([
    // 02:30 does not exist on this day: the clocks go from 02:00 to 03:00.
    ['skipped', '2026-03-29T02:00:00Z', '2026-03-29T03:30:00.000+02:00'],
    // 02:30 comes twice on this day, and the window begins once.
    ['repeated', '2026-10-25T02:00:00Z', '2026-10-25T02:30:00.000+02:00'],
    ['repeated, after its end', '2026-10-25T02:45:00Z', '2026-10-26T02:30:00.000+01:00'],
  ])('a start in an hour that is %s', (_, now, from) => {
    expect(periodAt(nightly, Date.parse(now))?.from).toBe(from);
  });

  it('contains an instant exactly if its last start is less than its length before (without a change of the clocks)', () => {
    const minute = 60_000;
    const start = Date.parse('2026-01-01T00:00:00Z');
    const window = fc.record({
      every: fc.constantFrom(2, 3, 4, 6, 8, 12, 24),
      minuteOf: fc.integer({ min: 0, max: 59 }),
      length: fc.integer({ min: 1, max: 24 * 60 }),
      now: fc.integer({ min: 0, max: 60 * 24 * 60 * 60 }),
    });
    fc.assert(
      fc.property(window, ({ every, minuteOf, length, now: seconds }) => {
        fc.pre(length < every * 60);
        const now = start + 3 * 24 * hour + seconds * 1000;
        const cron = `${minuteOf} */${every} * * *`;
        const sinceStart = (now - start - minuteOf * minute) % (every * hour);
        const found = periodAt({ cron, forMs: length * minute, zone: 'UTC', reason: 'r' }, now);
        const isOpen = found !== undefined && Date.parse(found.from) <= now && now < Date.parse(found.until);
        expect(isOpen).toBe(sinceStart < length * minute);
        if (!isOpen) expect(Date.parse(found?.from ?? '') - now).toBe(every * hour - sinceStart);
      }),
      { numRuns: 200 },
    );
  });

  it('is never further away than one period, in every zone', () => {
    const zone = fc.constantFrom('America/Santiago', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'Europe/Berlin', 'UTC');
    const now = fc.integer({ min: Date.parse('2026-01-01T00:00:00Z'), max: Date.parse('2028-01-01T00:00:00Z') });
    fc.assert(
      fc.property(zone, now, (name, instant) => {
        const found = periodAt({ cron: '15 0 * * *', forMs: 90 * 60_000, zone: name, reason: 'r' }, instant);
        const [from, until] = [Date.parse(found?.from ?? ''), Date.parse(found?.until ?? '')];
        expect(until - from).toBe(90 * 60_000);
        expect(until).toBeGreaterThan(instant);
        expect(from - instant).toBeLessThanOrEqual(25 * hour);
      }),
      { numRuns: 200 },
    );
  });
});

it('a window of dates is itself, whatever the instant', () => {
  const window = { from: '2026-12-20T00:00:00.000+01:00', until: '2027-01-05T00:00:00.000+01:00' };
  const named = { ...window, zone: 'Europe/Berlin', reason: 'holidays' };
  expect(periodAt(named, Date.parse('2030-01-01T00:00:00Z'))).toEqual(named);
});

it.each([
  ['2026-12-20', 'Europe/Berlin', '2026-12-20T00:00:00.000+01:00', '2026-12-21T00:00:00.000+01:00'],
  // A day without its midnight, of 23 hours, and one of 25.
  ['2026-09-06', 'America/Santiago', '2026-09-06T01:00:00.000-03:00', '2026-09-07T00:00:00.000-03:00'],
  ['2026-10-25', 'Europe/Berlin', '2026-10-25T00:00:00.000+02:00', '2026-10-26T00:00:00.000+01:00'],
  ['2026-12-20T18:00', 'Europe/Berlin', '2026-12-20T18:00:00.000+01:00', '2026-12-20T18:00:00.000+01:00'],
  ['2026-12-20T18:00:30Z', 'Europe/Berlin', '2026-12-20T19:00:30.000+01:00', '2026-12-20T19:00:30.000+01:00'],
])('%s in %s', (text, zone, from, until) => {
  expect([instantIn(text, zone, 'from'), instantIn(text, zone, 'until')]).toEqual([from, until]);
});

it.each(['2026-02-30', '20.12.2026', '2026-W52', '18:00', 'tomorrow', '2026-12-20 18:00', ''])(
  '%j is no date',
  (text) => {
    expect(instantIn(text, 'UTC', 'from')).toBeUndefined();
  },
);

it('cron expressions have five fields, and none is random', () => {
  const good = ['0 18 * * 5', '*/5 0-6 1,15 * MON-FRI', '0 0 L * *', '0 0 * * 1#3', '0 0 29 2 *'];
  expect(good.map(cronProblem)).toEqual(good.map(() => undefined));
  const bad = [
    '',
    '* *',
    '0 0 18 * * 5',
    '@weekly',
    'H 0 * * *',
    '61 * * * *',
    '0 18 * * 8',
    '0 0 30 2 *',
    'a b c d e',
    '0 18 * * 5-2',
  ];
  expect(bad.filter((cron) => cronProblem(cron) === undefined)).toEqual([]);
});

it('the shortest time between two starts is found where they are uneven', () => {
  const days = (cron: string) => shortestPeriodMs(cron) / (24 * hour);
  expect(['0 18 * * 5', '0 18 * * 1,5', '0 0 1 * *', '* * * * *', '0 0 29 2 *'].map(days)).toEqual([
    7,
    3,
    28,
    1 / 1440,
    1461,
  ]);
});

it('a zone is one of the machine', () => {
  expect(['Europe/Berlin', 'UTC', 'Europe/Berln', '+01:00', ''].map(isZone)).toEqual([true, true, false, false, false]);
});
