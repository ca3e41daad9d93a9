import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { metricPresets } from '../../../src/core/metric-names.ts';
import { parseSlos } from '../../../src/config/slo-file.ts';
import { countSide, strataProblem } from '../../../src/flows/rollout/count-side.ts';
import { readPage, type Scrape } from '../../../src/sources/scrape.ts';

const file = resolve(import.meta.dirname, '../../../config/slo.yaml');
const slos = parseSlos(file, readFileSync(file, 'utf8'));

const counted = { slos, names: metricPresets['prom-client'] };

const scrape = (url: string, requests: number, startedAt = 1): Scrape =>
  readPage(
    { url, at: '' },
    `process_start_time_seconds ${startedAt}\nhttp_requests_total{status="200"} ${requests}\nhttp_request_duration_seconds_count ${requests}\n`,
    counted,
  );
const gone = (url: string): Scrape => ({ url, at: '', problem: `${url}: connect ECONNREFUSED` });

it('sums the counters of every instance', () => {
  const { counts, complete, problems } = countSide(
    [scrape('a', 10), scrape('b', 5)],
    [scrape('a', 13), scrape('b', 9)],
    counted,
  );
  expect([complete, problems, counts['server-errors']]).toEqual([true, [], { events: 0, trials: 7 }]);
});

it('is incomplete where one instance was restarted, however many others there are', () => {
  const { complete, problems } = countSide(
    [scrape('a', 10), scrape('b', 5)],
    [scrape('a', 13), scrape('b', 1, 2)],
    counted,
  );
  expect([complete, problems]).toEqual([false, ['b was restarted']]);
});

it('is incomplete where one instance is gone, because its failures are gone with it', () => {
  const { counts, complete, problems } = countSide(
    [scrape('a', 10), scrape('b', 5)],
    [scrape('a', 13), gone('b')],
    counted,
  );
  expect([complete, counts['server-errors']]).toEqual([false, { events: 0, trials: 3 }]);
  expect(problems).toEqual(['b: connect ECONNREFUSED']);
});

it('is incomplete without any instance', () => {
  expect(countSide([], [], counted).complete).toBe(false);
  expect(countSide([scrape('a', 1)], [gone('a')], counted).complete).toBe(false);
});

describe('counters without a label route', () => {
  const side = (trials: number, routed = false) => ({ counts: { 'server-errors': { events: 0, trials } }, routed });

  it('are those of users while users are most of what was counted', () => {
    expect(strataProblem(side(10), 2, 6, slos)).toBeUndefined();
    expect(strataProblem(side(10), 2, undefined, slos)).toBeUndefined();
    expect(strataProblem(side(4, true), 2, 0, slos)).toBeUndefined();
    expect(strataProblem(side(0), 2, 0, slos)).toBeUndefined();
  });

  it('are not observed where probes and synthetic requests may be most of it', () => {
    expect(strataProblem(side(10), 2, 4, slos)).toBe(
      '6 of 10 counted requests are not of users, and the counters have no label route, so they cannot be told apart',
    );
    expect(strataProblem(side(7), 2, undefined, slos)).toMatch(/^4 of 7 counted/);
  });

  it('are recognised on the page', () => {
    expect(countSide([scrape('a', 10)], [scrape('a', 13)], counted).routed).toBe(false);
  });
});
