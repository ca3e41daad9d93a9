import { renderToString } from 'preact-render-to-string';
import { describe, expect, it } from 'vitest';
import type { RolloutEvent } from '../../src/core/rollout/advance.ts';
import type { RolloutRecord } from '../../src/core/rollout/record.ts';
import { trafficSpans } from '../../src/report/html/rollout-bands.tsx';
import { Rollout } from '../../src/report/html/rollout.tsx';
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
      cannotFire: ['4.1a: <b>never</b>'],
    },
  ],
  events: events.map((event, index) => ({ at: new Date(start + index * 1000).toISOString(), ...event })),
});
const html = (record: RolloutRecord) => renderToString(<Rollout record={record} slos={slos} />);

const served = { canary: { requests: 40, failed: 2 }, baseline: { requests: 360, failed: 0 } };
const plan = blueGreen();
const [release, migrate, prove, shift] = plan.steps;
if (!release || !migrate || !prove || !shift) throw new Error('a plan without steps');
const observations = Array.from({ length: 6 }, (): RolloutEvent => ({
  type: 'observed',
  stage,
  observation: observation({}, { served }),
}));
const untilTen: RolloutEvent[] = [release, migrate, prove, shift].map(finish).concat(observations);

describe('the rollout in the report', () => {
  it('counts the users that it touched', () => {
    expect(html(recordOf(untilTen))).toMatch(/answered <b>240<\/b> requests of users, of which <b>12<\/b> failed/);
    expect(html(recordOf([finish(release)]))).toContain('was not counted');
  });

  it('tells each stage with every objective, and why it was decided so', () => {
    const page = html(recordOf([...untilTen, { type: 'judged', stage, word: 'NO-GO', because: 'payments failed' }]));
    expect(page).toContain('every objective was kept for 60 s');
    expect(page).toContain('NO-GO at 10 %');
    expect(page).toContain('payments failed');
  });

  it('draws the traffic as it was: all on the old one, ten percent, back', () => {
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

  it('shows a time in which nobody watched', () => {
    const page = html(
      recordOf([
        ...untilTen,
        { type: 'paused', because: 'SIGINT' },
        { type: 'resumed', unobservedMs: 3000 },
        ...observations,
      ]),
    );
    expect(page).toContain('class="unwatched"');
    expect(page).toContain('nobody watched for 3 s');
  });

  it.each([
    ['nothing was done', recordOf([])],
    ['one event', recordOf([finish(release)])],
    ['rolling', recordOf(rolling().steps.slice(0, 4).map(finish), rolling())],
    [
      'no counts at all',
      recordOf([
        ...untilTen.slice(0, 4),
        { type: 'observed', stage, observation: observation({ p95: [0, 0], p50: [0, 0], '5xx': [0, 0], pay: [0, 0] }) },
      ]),
    ],
  ])('%s: no number that is none', (_, record) => {
    expect(html(record)).not.toMatch(/NaN|Infinity|undefined/);
  });

  it('tells its events in the summary of a CI job too', () => {
    const { result, evidence: seen } = goRun();
    const evidence = {
      ...seen,
      rollout: recordOf([...untilTen, { type: 'judged', stage, word: 'NO-GO', because: 'a | b' }]),
    };
    const summary = renderMarkdown(result, evidence);
    expect(summary).toContain('## Rollout');
    expect(summary).toMatch(/NO-GO at 10 % \| 2\.B4 \| a \\\| b/);
  });

  it('what came from outside is text', () => {
    const hostile = '<script>alert(1)</script>';
    const page = html(
      recordOf([...untilTen, { type: 'failed', step: prove, because: hostile }, { type: 'paused', because: hostile }]),
    );
    expect(page).not.toContain('<script');
    expect(page).not.toContain('<b>never</b>');
    expect(page).toContain('&lt;script');
  });
});
