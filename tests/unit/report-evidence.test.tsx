import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import { traceEvidence } from '../../src/core/judge/trace.ts';
import type { RolloutEvent } from '../../src/core/rollout/advance.ts';
import type { RolloutRecord } from '../../src/core/rollout/record.ts';
import { Evidence } from '../../src/report/html/evidence.tsx';
import { evidenceChart, peaksOf, sharesChart } from '../../src/report/html/evidence-charts.ts';
import { blueGreen, observation, slos, stage } from './rollout/samples.ts';

/** One event a second. */
const recordOf = (events: readonly RolloutEvent[]): RolloutRecord => ({
  plan: blueGreen(),
  forecast: [],
  events: events.map((event, second) => ({ at: new Date(second * 1000).toISOString(), ...event })),
});
const sampled = (count: number, failed: number): RolloutEvent[] =>
  Array.from({ length: count }, () => ({
    type: 'sampled',
    stage,
    sample: {
      at: '',
      lengthMs: 1000,
      strata: [{ canary: { requests: 20, failed }, baseline: { requests: 180, failed: 0 } }],
    },
  }));
const failing = recordOf([...sampled(5, 0), ...sampled(20, 6)]);

describe('the evidence of a gross failure in the report', () => {
  const trace = traceEvidence(failing, slos);
  const traced = evidenceChart(trace);
  const valuesOf = (name: RegExp) => {
    const line = traced?.chart.lines.find((each) => name.test(each.name));
    return (traced?.points ?? []).map((point, index) => line?.valueAt(point, index));
  };

  it('reaches the threshold at the second of the decision, which is marked with its line', () => {
    const values = valuesOf(/router/);
    const decidedAt = traced?.points[values.findIndex((value) => (value ?? 0) >= 1)]?.second;
    expect(decidedAt).toBe(trace.decision?.second);
    expect(traced?.chart.marks).toEqual([{ second: decidedAt, label: 'fast' }]);
  });

  it('is none, not below none, while nothing speaks against the release', () => {
    expect(valuesOf(/router/).slice(0, 3)).toEqual([0, 0, 0]);
  });

  it('lists the strongest lane first', () => {
    expect(peaksOf(trace)[0]?.lane.id).toBe('fast');
  });

  it('says when, at which share, by which line it was decided, and how many users were affected and spared', () => {
    const page = renderToString(<Evidence record={failing} slos={slos} />);
    expect(page).toMatch(/Decided after <b>1\d s<\/b> at 10 % by <b>the fast lane/);
    expect(page).toContain('Users affected: <b>120</b> failed requests of 500');
    expect(page).toContain('Users spared: about <b>1 320</b> failures');
  });
});

it('the share that was served is drawn beside the one that was set', () => {
  const served = { canary: { requests: 31, failed: 0 }, baseline: { requests: 69, failed: 0 } };
  const events = Array.from({ length: 3 }, (): RolloutEvent => ({
    type: 'observed',
    stage,
    observation: observation({}, { share: 0.5, served }),
  }));
  const shares = sharesChart(traceEvidence(recordOf(events), slos));
  const drawn = shares?.chart.lines.map(({ name, valueAt }) => [name, shares.points.map(valueAt)]);
  expect(drawn).toEqual([
    ['set', [0.5, 0.5, 0.5]],
    ['served', [0.31, 0.31, 0.31]],
  ]);
});

it('a rollout that was not observed has no chart of evidence', () => {
  expect(renderToString(<Evidence record={recordOf([])} slos={slos} />)).toBe('');
});
