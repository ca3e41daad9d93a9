import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseObjectives } from '../../src/config/slo-file.ts';
import type { AlertId, AlertRule, AlertSettings } from '../../src/core/alerts.ts';
import { judgeAlerts } from '../../src/core/judge/alerts.ts';
import type { Judgement } from '../../src/core/verdict.ts';
import { readAlertingRules, type ReadAlertingRules } from '../../src/sources/prometheus-alerts.ts';
import { systemClock } from '../../src/system/clock.ts';
import { type OwnPrometheus, startOwnPrometheus } from './support/own-prometheus.ts';

const objectives = parseObjectives(
  'slo.yaml',
  readFileSync(join(import.meta.dirname, '../../config/slo.yaml'), 'utf8'),
);
const signal = new AbortController().signal;
const rule = (alert: string, expr: string, labels: object = { severity: 'page' }) => ({ alert, expr, labels });
/** A rate without a series of its own, so that a rule is not firing. */
const rate = 'sum(rate(http_requests_total{status=~"5.."}[5m])) / sum(rate(http_requests_total[5m]))';

let prometheus: OwnPrometheus;
let rules: readonly AlertRule[];
const read = (more: object = {}) =>
  readAlertingRules({ url: prometheus.url, token: undefined, ...more }, { clock: systemClock, signal });

beforeAll(async () => {
  prometheus = await startOwnPrometheus({}, '250ms', {
    alertmanagers: ['127.0.0.1:9'],
    rules: [
      rule('ServerErrors', `${rate} > 0.005`),
      rule('ServerErrorsLate', `${rate} > 0.01`),
      rule('ServerErrorsPercent', `100 * ${rate} > 0.5`),
      rule('ServerErrorsReversed', `${rate} < 0.005`),
      rule('ServerErrorsTwice', `${rate} > 0.001`),
      rule('ServerErrorsTwice', `${rate} > 0.002`),
      rule('ServerErrorsBusy', `${rate} > 0.005 and sum(rate(http_requests_total[5m])) > 10`),
      rule('ServerErrorsNow', 'vector(0.9) > 0.005'),
      rule('Broken', 'label_replace(vector(1), "a", "$1", "b", "(") > 0.005'),
      rule('PaymentSuccess', 'job:payments:success_ratio < 0.98'),
    ],
  });
  // A rule is evaluated at the next interval after the start, and an Alertmanager is found later.
  for (;;) {
    const found = await read();
    if ('problem' in found) throw new Error(found.problem);
    ({ rules } = found);
    const waiting = ({ unknown, inactive }: AlertRule) => unknown.length > 0 || inactive.length > 0;
    if (rules.length > 0 && !rules.some((each) => each.name !== 'Broken' && waiting(each))) break;
    await systemClock.sleep(50);
  }
});
afterAll(() => prometheus[Symbol.asyncDispose]());

function judge(
  settings: AlertSettings,
  found: ReadAlertingRules = { rules },
  alert: AlertId = 'server-errors',
): Readonly<Record<string, Judgement>> {
  const base = { alert, source: 'prometheus', settings, readFrom: 'rules' } as const;
  const evidence =
    'problem' in found
      ? { ...base, candidates: [], problem: found.problem }
      : { ...base, candidates: found.rules.filter(({ id, name }) => [id, name].includes(settings.rule ?? '')) };
  const { judgements } = judgeAlerts(
    { found: [evidence], unmeasured: {}, objectives: [], environment: 'staging' },
    objectives,
  );
  return Object.fromEntries(judgements.map((each) => [each.id, each]));
}

describe('alerting rules of a real Prometheus', () => {
  it.each<[string, string, string]>([
    ['ServerErrors', 'pass', 'is active and alerts above 0.5 %; 5xx < 0.5 % is required'],
    ['slo/ServerErrors', 'pass', 'is active'],
    ['ServerErrorsPercent', 'pass', 'above 0.5 %'],
    ['ServerErrorsLate', 'fail', 'above 1 %: too late'],
    ['ServerErrorsReversed', 'fail', 'the wrong direction'],
    ['ServerErrorsTwice', 'inconclusive', '2 rules that may be meant'],
    ['ServerErrorsBusy', 'inconclusive', 'is no comparison with one number'],
    ['NotLoaded', 'fail', 'has no alert rule "NotLoaded"'],
    ['Broken', 'fail', 'its last evaluation failed'],
  ])('%s: %s', (name, status, because) => {
    const judgement = judge({ rule: name })['alert.server-errors'];
    expect(judgement).toMatchObject({ status });
    expect(judgement?.because).toContain(because);
  });

  it('that success is measured by counts below', () => {
    expect(judge({ rule: 'PaymentSuccess' }, { rules }, 'payment-success')['alert.payment-success']).toMatchObject({
      status: 'pass',
    });
  });

  it('an expression that is no comparison passes with the reason of the target file', () => {
    const judgement = judge({ rule: 'ServerErrorsBusy', covers: '5xx above 0.5 % while there is traffic' });
    expect(judgement['alert.server-errors']).toMatchObject({ status: 'pass' });
    expect(judgement['alert.server-errors']?.because).toContain('target file: 5xx above 0.5 % while there is traffic.');
  });

  it('one that is firing holds', () => {
    expect(judge({ rule: 'ServerErrorsNow' })['alerts.firing']).toMatchObject({ status: 'inconclusive' });
    expect(judge({ rule: 'ServerErrors' })['alerts.firing']).toMatchObject({ status: 'pass' });
  });

  it('that Prometheus sends to no Alertmanager fails', async () => {
    await using alone = await startOwnPrometheus({}, '250ms', {
      alertmanagers: [],
      rules: [rule('ServerErrors', `${rate} > 0.005`)],
    });
    const found = await read({ url: alone.url });
    expect(judge({ rule: 'ServerErrors' }, found)['alert.server-errors']).toMatchObject({ status: 'fail' });
  });
});

describe('silences', () => {
  const silence = (matchers: object[], state = 'active') => ({
    id: 's1',
    status: { state },
    endsAt: '2026-11-27T00:00:00Z',
    createdBy: 'jo',
    matchers: matchers.map((each) => ({ isRegex: false, isEqual: true, ...each })),
  });

  /** The judgement where the Alertmanager has this silence. */
  async function judgeWith(found: object) {
    await using manager = createServer((_, response) => response.end(JSON.stringify([found]))).listen(0, '127.0.0.1');
    await once(manager, 'listening');
    const url = `http://127.0.0.1:${(manager.address() as AddressInfo).port}`;
    return judge({ rule: 'ServerErrors' }, await read({ alertmanager: { url, token: undefined } }))[
      'alert.server-errors'
    ];
  }

  it.each<[string, object, string]>([
    ['of the alert', silence([{ name: 'alertname', value: 'ServerErrors' }]), 'fail'],
    ['by a pattern', silence([{ name: 'severity', value: 'page|warn', isRegex: true }]), 'fail'],
    [
      'of some of its series',
      silence([
        { name: 'alertname', value: 'ServerErrors' },
        { name: 'zone', value: 'a' },
      ]),
      'inconclusive',
    ],
    ['of another alert', silence([{ name: 'alertname', value: 'DiskFull' }]), 'pass'],
    ['of all others', silence([{ name: 'alertname', value: 'ServerErrors', isEqual: false }]), 'pass'],
    ['that is over', silence([{ name: 'alertname', value: 'ServerErrors' }], 'expired'), 'pass'],
  ])('%s', async (_, found, status) => expect(await judgeWith(found)).toMatchObject({ status }));
});

describe('an answer that shows too little', () => {
  const recorded = JSON.parse(readFileSync(join(import.meta.dirname, '../recorded/prometheus/rules.json'), 'utf8')) as {
    data: { groups: { rules: object[] }[] };
  };
  const changed = (more: object) => {
    const [group] = recorded.data.groups;
    return { status: 'success', data: { groups: [{ ...group, rules: [{ ...group?.rules[0], ...more }] }] } };
  };

  /** The judgement where Prometheus answers so at 03:00. */
  async function judgeAnswer(answer: unknown, status = 200) {
    await using server = createServer((request, response) => {
      const managers = { status: 'success', data: { activeAlertmanagers: [{ url: 'http://am' }] } };
      const body = request.url?.includes('/rules') ? answer : managers;
      response.writeHead(status, { date: 'Thu, 26 Nov 2026 03:00:00 GMT' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const clock = { now: () => 0, monotonic: () => 0, sleep: async () => undefined };
    const found = await readAlertingRules({ url, token: 'tok' }, { clock, signal });
    return judge({ rule: 'ServerErrors' }, found)['alert.server-errors'];
  }

  it('recorded and fresh passes', async () => expect(await judgeAnswer(recorded)).toMatchObject({ status: 'pass' }));

  it.each<[string, unknown, string]>([
    ['evaluated an hour ago', changed({ lastEvaluation: '2026-11-26T02:00:00Z' }), 'inconclusive'],
    ['never evaluated', changed({ lastEvaluation: '0001-01-01T00:00:00Z', health: 'unknown' }), 'inconclusive'],
    ['of unknown health', changed({ health: 'strange' }), 'inconclusive'],
    ['no groups', { status: 'success', data: { groups: [] } }, 'fail'],
    ['one page of the groups', { status: 'success', data: { groups: [], groupNextToken: 'abc' } }, 'error'],
    ['a log-in page', '<html>', 'error'],
    ['an error', { status: 'error', errorType: 'x', error: 'y' }, 'error'],
  ])('%s', async (_, answer, status) => expect(await judgeAnswer(answer)).toMatchObject({ status }));

  it.each([401, 503])('%i is an error', async (status) =>
    expect(await judgeAnswer('', status)).toMatchObject({ status: 'error' }),
  );
});
