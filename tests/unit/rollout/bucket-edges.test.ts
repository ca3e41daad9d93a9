import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseSlos } from '../../../src/config/slo-file.ts';
import { judgeStage, type StageVerdict } from '../../../src/core/judge/stage.ts';
import { metricPresets } from '../../../src/core/metric-names.ts';
import type { Observation } from '../../../src/core/rollout/observation.ts';
import { countSide, edgesOf } from '../../../src/flows/rollout/count-side.ts';
import { readPage, type Scrape } from '../../../src/sources/scrape.ts';
import { observation, settings, stage } from './samples.ts';

const file = resolve(import.meta.dirname, '../../../config/slo.yaml');
const slos = parseSlos(file, readFileSync(file, 'utf8')).filter(({ id }) => id === 'latency-p95');
const counted = { slos, names: metricPresets['prom-client'] };

/** Of so many responses, cumulative counts by the upper edge of a bucket in seconds. */
const scrape = (total: number, buckets: Record<string, number>): Scrape => {
  const lines = [...Object.entries(buckets), ['+Inf', total] as const].map(
    ([le, value]) => `http_request_duration_seconds_bucket{le="${le}"} ${value}`,
  );
  const text = `http_requests_total{status="200"} ${total}\n${lines.join('\n')}\nhttp_request_duration_seconds_count ${total}\n`;
  return readPage({ url: 'a', at: '' }, text, counted);
};
const side = (buckets: Record<string, number>) =>
  countSide(
    [scrape(0, Object.fromEntries(Object.keys(buckets).map((le) => [le, 0])))],
    [scrape(100, buckets)],
    counted,
  );

/** Stages of a canary of whose 100 responses in ten seconds so many are within each edge. */
function judge(buckets: Record<string, number>, baseline = buckets, own = settings): StageVerdict {
  const [canary, other] = [side(buckets), side(baseline)];
  const counts: Partial<Observation> = {
    canary: canary.counts,
    baseline: other.counts,
    ...edgesOf(canary, other),
    ...(Object.keys(canary.unknown).length > 0 ? { unknown: canary.unknown } : {}),
  };
  return judgeStage({
    stage,
    observations: Array.from({ length: 20 }, () => observation({}, counts)),
    slos,
    settings: own,
  });
}
const latencyOf = ({ judgements }: StageVerdict) => judgements.find(({ id }) => id === 'stage-10.latency-p95');

describe('a limit of 1 s that is no bucket edge', () => {
  it('is counted at the edge above it for a breach: 20 % between 0.75 s and 2 s blame nothing, and prove nothing', () => {
    const verdict = judge({ '0.75': 80, '2': 100 });
    expect(verdict.word).not.toBe('NO-GO');
    expect(latencyOf(verdict)).toMatchObject({
      status: 'inconclusive',
      because: expect.stringMatching(/Counted at 2 s and 750 ms; the limit is 1 s\.$/) as unknown,
    });
  });

  it('is counted at the edge below it for a proof', () => {
    const verdict = judge({ '0.75': 100, '2': 100 });
    expect(verdict.word).toBe('GO');
    expect(latencyOf(verdict)?.because).toContain('Counted at 2 s and 750 ms');
  });

  it('is a breach by what is above the next edge', () => {
    const verdict = judge({ '0.75': 70, '2': 80 });
    expect(verdict).toMatchObject({ word: 'NO-GO', because: expect.stringContaining('slower 20 %') as unknown });
    expect(latencyOf(verdict)?.because).toContain('Counted at 2 s and 750 ms');
  });

  it('without an edge above it is no breach, and the judgement says so', () => {
    const verdict = judge({ '0.75': 50 });
    expect(verdict.word).not.toBe('NO-GO');
    expect(latencyOf(verdict)?.because).toMatch(
      /Counted at 750 ms; no bucket above the limit of 1 s could show a breach\.$/,
    );
  });

  it('without an edge below it is not proved, and a breach all the same', () => {
    expect(latencyOf(judge({ '2': 100 }))).toMatchObject({
      status: 'inconclusive',
      because: expect.stringContaining('no bucket at or below the limit of 1 s could prove the objective') as unknown,
    });
    expect(judge({ '2': 100 }).word).toBe('HOLD');
    expect(judge({ '2': 50 }).word).toBe('NO-GO');
  });

  it('is not compared with a baseline that is counted at another edge', () => {
    const open = { ...settings, judge: { ...settings.judge, mode: 'proof-only' }, dwellMs: 300_000 } as const;
    expect(judge({ '0.75': 95, '2': 97 }, { '0.75': 100, '2': 100 }, open).because).toContain(
      'times the odds of the baseline',
    );
    expect(judge({ '0.75': 95, '2': 97 }, { '0.75': 100, '5': 100 }, open).because).not.toContain('baseline');
  });
});

it('instances with different edges are counted at their own, and the widest are named', () => {
  const [first, last] = [0, 1].map((times) => [
    { ...scrape(100 * times, { '0.75': 90 * times, '2': 95 * times }), url: 'a' },
    { ...scrape(100 * times, { '0.5': 80 * times, '3': 99 * times }), url: 'b' },
    { ...scrape(100 * times, { '1': 98 * times }), url: 'c' },
  ]);
  const { counts, above } = countSide(first ?? [], last ?? [], counted);
  expect(counts['latency-p95']).toEqual({ events: 10 + 20 + 2, trials: 300 });
  expect(above['latency-p95']).toEqual({ edgeMs: 3000, count: { events: 5 + 1 + 2, trials: 300 } });
});
