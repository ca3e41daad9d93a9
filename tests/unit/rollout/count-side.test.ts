import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, it } from 'vitest';
import { parseSlos } from '../../../src/config/slo-file.ts';
import { countSide } from '../../../src/flows/rollout/observer.ts';
import { parsePrometheusText } from '../../../src/sources/prometheus-text.ts';
import type { Scrape } from '../../../src/sources/scrape.ts';

const file = resolve(import.meta.dirname, '../../../config/slo.yaml');
const slos = parseSlos(file, readFileSync(file, 'utf8'));

const scrape = (url: string, requests: number, startedAt = 1): Scrape => ({
  url,
  at: '',
  samples: parsePrometheusText(
    `process_start_time_seconds ${startedAt}\nhttp_requests_total{status="200"} ${requests}\nhttp_request_duration_seconds_count ${requests}\n`,
  ),
});
const gone = (url: string): Scrape => ({ url, at: '', problem: `${url}: connect ECONNREFUSED` });

it('every instance counts', () => {
  const { counts, seen, problems } = countSide(
    [scrape('a', 10), scrape('b', 5)],
    [scrape('a', 13), scrape('b', 9)],
    slos,
  );
  expect([seen, problems, counts['server-errors']]).toEqual([true, [], { events: 0, trials: 7 }]);
});

it('one that was started again makes the look blind, however many others there are', () => {
  const { seen, problems } = countSide([scrape('a', 10), scrape('b', 5)], [scrape('a', 13), scrape('b', 1, 2)], slos);
  expect([seen, problems]).toEqual([false, ['b was started again']]);
});

it('one that is gone makes the look blind too: what it had failed nobody knows', () => {
  const { counts, seen, problems } = countSide([scrape('a', 10), scrape('b', 5)], [scrape('a', 13), gone('b')], slos);
  expect([seen, counts['server-errors']]).toEqual([false, { events: 0, trials: 3 }]);
  expect(problems).toEqual(['b: connect ECONNREFUSED']);
});

it('nobody there is nothing seen', () => {
  expect(countSide([], [], slos).seen).toBe(false);
  expect(countSide([scrape('a', 1)], [gone('a')], slos).seen).toBe(false);
});
