import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import type { RolloutEvent } from '../../src/core/rollout/advance.ts';
import type { RolloutRecord } from '../../src/core/rollout/record.ts';
import { Rollout } from '../../src/report/html/rollout.tsx';
import { trafficSpans } from '../../src/report/html/traffic-chart.tsx';
import { renderMarkdown } from '../../src/report/index.ts';
import { goRun } from './report/samples.ts';
import { blueGreen, finish, observation, rolling, slos, stage } from './rollout/samples.ts';

const start = Date.parse('2026-11-23T12:00:00Z');
const recordOf = (events: readonly RolloutEvent[], plan = blueGreen()): RolloutRecord => ({
  plan,
  forecast: [
    {
      share: 10,
      traffic: { requests: 5, payments: 0.2 },
      needsMs: { requests: 1000 },
      synthetic: false,
      proofs: [],
      cannotFire: ['4.1a: <b>never</b>'],
    },
  ],
  events: events.map((event, index) => ({ at: new Date(start + index * 1000).toISOString(), ...event })),
});
const html = (record: RolloutRecord) => renderToString(<Rollout record={record} slos={slos} />);

const served = { canary: { requests: 40, failed: 2 }, baseline: { requests: 360, failed: 0 } };
const plan = blueGreen();
const [release, migrate, verify, shift] = plan.steps;
if (!release || !migrate || !verify || !shift) throw new Error('the plan has no steps');
const observations = Array.from({ length: 6 }, (): RolloutEvent => ({
  type: 'observed',
  stage,
  observation: observation({}, { served }),
}));
const flawless = observations.map((): RolloutEvent => ({
  type: 'observed',
  stage,
  observation: observation({}, { served: { ...served, canary: { requests: 40, failed: 0 } } }),
}));
const untilTen: RolloutEvent[] = [release, migrate, verify, shift].map(finish).concat(observations);

describe('the rollout in the report', () => {
  it('shows the user requests that the canary served', () => {
    expect(html(recordOf(untilTen))).toMatch(/served <b>240<\/b> user requests; <b>12<\/b> failed/);
    expect(html(recordOf([finish(release)]))).toContain('were not counted');
  });

  it('shows each stage with every objective and the reason of its verdict', () => {
    const judged: RolloutEvent = { type: 'judged', stage, word: 'NO-GO', because: 'payments failed' };
    const page = html(recordOf([...[release, migrate, verify, shift].map(finish), ...flawless, judged]));
    expect(page).toContain('every objective proved after 60 s');
    expect(page).toContain('NO-GO at 10 %');
    expect(page).toContain('payments failed');
  });

  it('draws the traffic over time: baseline, 10 % canary, rolled back', () => {
    const back: RolloutEvent = {
      type: 'done',
      step: { do: 'shift', shares: { blue: 100, green: 0 } },
      summary: 'read back',
      shares: { blue: 100, green: 0 },
    };
    const spans = trafficSpans(recordOf([...untilTen, back, { type: 'paused', because: 'late' }]));
    expect(spans.map(({ share }) => share)).toEqual([0, 10, 0]);
    expect(spans.at(-1)?.to).toBe(1);
  });

  it('shows a period without observation', () => {
    const page = html(
      recordOf([
        ...untilTen,
        { type: 'paused', because: 'SIGINT' },
        { type: 'resumed', unobservedMs: 3000 },
        ...observations,
      ]),
    );
    expect(page).toContain('class="unobserved"');
    expect(page).toContain('after 3 s without observation');
  });

  it.each([
    ['no step', recordOf([])],
    ['one event', recordOf([finish(release)])],
    ['rolling', recordOf(rolling().steps.slice(0, 4).map(finish), rolling())],
    [
      'no counts at all',
      recordOf([
        ...untilTen.slice(0, 4),
        { type: 'observed', stage, observation: observation({ p95: [0, 0], p50: [0, 0], '5xx': [0, 0], pay: [0, 0] }) },
      ]),
    ],
  ])('%s: every number is finite', (_, record) => {
    expect(html(record)).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('lists its events in the summary of a CI job', () => {
    const { result, evidence: verified } = goRun();
    const evidence = {
      ...verified,
      rollout: recordOf([...untilTen, { type: 'judged', stage, word: 'NO-GO', because: 'a | b' }]),
    };
    const summary = renderMarkdown(result, evidence);
    expect(summary).toContain('## Rollout');
    expect(summary).toMatch(/NO-GO at 10 % \| 2\.B4 \| a \\\| b/);
  });

  it('text from outside stays text', () => {
    const hostile = '<script>alert(1)</script>';
    const page = html(
      recordOf([...untilTen, { type: 'failed', step: verify, because: hostile }, { type: 'paused', because: hostile }]),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<b>never</b>');
    expect(page).toContain('&lt;script');
  });
});
