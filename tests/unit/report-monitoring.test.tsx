import { renderToString } from 'preact-render-to-string';
import { expect, it } from 'vitest';
import type { CrashesEvidence } from '../../src/core/crashes.ts';
import type { MonitoringEvidence } from '../../src/core/monitoring.ts';
import type { CheckPlan } from '../../src/core/plan.ts';
import { Completed, hasCompleted } from '../../src/report/html/completed.tsx';
import { Monitoring } from '../../src/report/html/monitoring.tsx';

const plan: CheckPlan = {
  steps: ['monitoring'],
  slos: [],
  offers: { web: false, metrics: false, shutdown: false },
  smokeBudgetMs: 1,
  leftOut: {},
};
const off = { off: 'not here' };

it('lists every candidate of an alert with its state, and texts from outside are escaped', () => {
  const rule = {
    id: '1',
    name: '<script>alert(1)</script>',
    measured: 'failure_rate()',
    query: 'a<b',
    thresholds: [{ direction: 'above' as const, value: 0.005 }],
    inactive: ['it is muted'],
    unknown: [],
  };
  const evidence: MonitoringEvidence = {
    release: off,
    alerts: {
      found: [
        {
          alert: 'server-errors',
          source: 'sentry',
          settings: {},
          candidates: [rule, { ...rule, name: 'Second', inactive: [], firing: true }],
          readFrom: 'detectors',
        },
        {
          alert: 'crash-free',
          source: 'prometheus',
          settings: {},
          candidates: [],
          readFrom: 'rules',
          problem: 'it answered 503',
        },
      ],
      unmeasured: {},
      objectives: [],
      environment: 'staging',
    },
  };
  const html = renderToString(<Monitoring evidence={evidence} plan={plan} />);
  expect(html).toContain('&lt;script>alert(1)&lt;/script>');
  expect(html).not.toContain('<script>');
  for (const text of ['it is muted', 'Second', 'firing', 'above 0.005', 'it answered 503'])
    expect(html).toContain(text);
});

it('lists the crashes of a version, new ones marked, and no address of another scheme as a link', () => {
  const issue = {
    id: 'a',
    title: 'StateError <b>',
    subtitle: 'x',
    errorType: 'FATAL',
    state: 'OPEN',
    firstSeenVersion: '1.5.0',
    signals: [],
    events: 1200,
    users: 7,
    uri: 'javascript:alert(1)',
  };
  const crashes: CrashesEvidence = {
    kind: 'crashes',
    release: 'freetask@1.5.0',
    report: {
      app: '1:1:android:a',
      version: '1.5.0',
      from: '2026-11-26T02:00:00Z',
      to: '2026-11-26T03:00:00Z',
      issues: [issue],
      versions: [{ name: '1.5.0', events: 1200 }],
    },
    attestation: { by: 'Dana <i>', reviewed: 'the console' },
    files: [],
    problems: [],
  };
  const html = renderToString(<Completed crashes={crashes} />);
  expect(html).toContain('StateError &lt;b>');
  expect(html).toContain('Dana &lt;i>');
  expect(html).toContain('1 200');
  expect(html).not.toContain('href="javascript:');
  expect([hasCompleted({ crashes }), hasCompleted({ crashes: off }), hasCompleted({})]).toEqual([true, false, false]);
});
