import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import { firstAlerts } from '../../sandbox/doubles/sentry-alerts.ts';
import type { AlertId } from '../../src/core/alerts.ts';
import { allPass, changeSentry, detectors, judgeSentry, recordedAlerts, statusesOf } from './support/sentry-alerts.ts';

let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.stop());
const change = (state: object) => changeSentry(recorder, state);
afterEach(async () => {
  recorder.fail('sentry', undefined);
  await change(firstAlerts());
});
const judge = (settings?: Parameters<typeof judgeSentry>[1]) => judgeSentry(recorder.address, settings);

/** The detectors, one of them changed. */
const withDetector = (id: string, more: object): unknown[] =>
  detectors().map((each) => (each['id'] === id ? { ...each, ...more } : each));
const conditions = (type: string, comparison: number) => ({
  conditionGroup: { logicType: 'any', conditions: [{ type, comparison, conditionResult: 75 }], actions: [] },
});

describe('the detectors', () => {
  it('of the sandbox pass, each with what it alerts at', async () => {
    const judgements = await judge();
    expect(statusesOf(judgements)).toEqual(allPass);
    expect(judgements['alert.server-errors']?.because).toBe(
      'The alert rule "Server errors above 0.5 %" of Sentry is active and alerts above 0.5 %; 5xx < 0.5 % is required.',
    );
    expect(judgements['alert.crash-free']?.because).toContain('alerts below 99 %');
  });

  it('as Sentry returns them: other types are left out, the warning counts, a stricter limit is shown', async () => {
    await change({ detectors: recordedAlerts('detectors'), workflows: recordedAlerts('workflows') });
    const judgements = await judge();
    expect(statusesOf(judgements)).toEqual(allPass);
    expect(judgements['alert.crash-free']?.because).toContain('below 99.5 %, which is stricter');
    expect(judgements['alert.server-errors']?.because).toContain('above 0.4 %, which is stricter');
  });

  it('are read to the last page', async () => {
    await change({ pageSize: 1 });
    expect(statusesOf(await judge())).toEqual(allPass);
    const asked = recorder.received().filter(({ path }) => path.endsWith('/detectors/'));
    expect(asked.at(-1)?.query).toMatchObject({ cursor: '0:2:0', project: '1', query: 'type:metric' });
  });

  it.each<[string, string, object, AlertId, string, string]>([
    ['disabled', '1', { enabled: false }, 'crash-free', 'fail', 'notifies no recipient: it is disabled.'],
    ['connected to nothing', '2', { workflowIds: [] }, 'payment-success', 'fail', 'no alert is connected to it'],
    ['connected to what does not exist', '2', { workflowIds: ['9'] }, 'payment-success', 'fail', 'do not exist'],
    ['without a query', '3', { dataSources: [] }, 'server-errors', 'fail', 'notifies no recipient: it has no query'],
    [
      'later than the limit',
      '3',
      conditions('gt', 0.01),
      'server-errors',
      'fail',
      'above 1 %: too late for 5xx < 0.5 %',
    ],
    ['a percentage as a fraction', '3', conditions('gt', 0.5), 'server-errors', 'fail', 'above 50 %: too late'],
    ['a fraction as a percentage', '1', conditions('lt', 0.99), 'crash-free', 'fail', 'below 0.99 %: too late'],
    ['the wrong direction', '1', conditions('gt', 99), 'crash-free', 'fail', 'the wrong direction'],
    [
      'relative',
      '3',
      { config: { detectionType: 'percent', comparisonDelta: 3600 } },
      'server-errors',
      'fail',
      'earlier',
    ],
    ['an anomaly', '3', { config: { detectionType: 'dynamic' } }, 'server-errors', 'fail', 'detects anomalies'],
    ['of another project', '1', { projectId: '2' }, 'crash-free', 'fail', 'has no alert rule that measures this'],
    ['of another type', '1', { type: 'error' }, 'crash-free', 'fail', 'has no alert rule that measures this'],
  ])('%s', async (_, id, more, alert, status, because) => {
    await change({ detectors: withDetector(id, more) });
    const judgements = await judge();
    expect(judgements[`alert.${alert}`]).toMatchObject({ status, clauses: ['1.4b'] });
    expect(judgements[`alert.${alert}`]?.because).toContain(because);
  });

  it('whose alerts are disabled or have no action fail, and name the alert', async () => {
    const [workflow] = firstAlerts().workflows as Record<string, unknown>[];
    await change({ workflows: [{ ...workflow, enabled: false }] });
    expect((await judge())['alert.crash-free']?.because).toContain('"Notify the on-call engineer", is disabled or');
    await change({ workflows: [{ ...workflow, actionFilters: [] }] });
    expect((await judge())['alert.crash-free']).toMatchObject({ status: 'fail' });
  });

  it('that measure something else, or one release alone, are inconclusive', async () => {
    const named = (await judge({ 'crash-free': { detector: '3' } }))['alert.crash-free'];
    expect(named).toMatchObject({ status: 'inconclusive' });
    expect(named?.because).toContain('it measures failure_rate()');
    const covers = 'errors are crashes here';
    expect((await judge({ 'crash-free': { detector: '3', covers } }))['alert.crash-free']).toMatchObject({
      status: 'pass',
    });
    const snubaQuery = { aggregate: 'failure_rate()', query: 'release:freetask@1.4.0' };
    await change({ detectors: withDetector('3', { dataSources: [{ queryObj: { status: 0, snubaQuery } }] }) });
    expect((await judge())['alert.server-errors']).toMatchObject({ status: 'inconclusive' });
  });

  it('count where the priority of their issue notifies a recipient', async () => {
    const condition = (comparison: number, conditionResult: number) => ({ type: 'gt', comparison, conditionResult });
    const group = { logicType: 'any', conditions: [condition(0.005, 50), condition(0.05, 75)] };
    const [workflow] = firstAlerts().workflows as { actionFilters: object[] }[];
    const filtered = (type: string, priority: number) => [
      {
        ...workflow,
        actionFilters: workflow?.actionFilters.map((each) => ({
          ...each,
          conditions: [{ type, comparison: priority, conditionResult: true }],
        })),
      },
    ];
    await change({
      detectors: withDetector('3', { conditionGroup: group }),
      workflows: filtered('issue_priority_greater_or_equal', 75),
    });
    const late = (await judge())['alert.server-errors'];
    expect(late).toMatchObject({ status: 'fail' });
    expect(late?.because).toContain('above 5 %: too late');
    await change({ workflows: filtered('issue_priority_greater_or_equal', 50) });
    expect((await judge())['alert.server-errors']).toMatchObject({ status: 'pass' });
    await change({ workflows: filtered('issue_priority_equals', 25) });
    const silent = (await judge())['alert.server-errors'];
    expect(silent).toMatchObject({ status: 'fail' });
    expect(silent?.because).toContain('has a filter for other priorities');
  });

  it.each<[string, object[]]>([
    ['none', [{ type: 'gt', comparison: 0.005, conditionResult: 75 }]],
    [
      'all',
      [
        { type: 'gt', comparison: 0.005, conditionResult: 75 },
        { type: 'lt', comparison: 0.01, conditionResult: 75 },
      ],
    ],
  ])('with the logic "%s" of no single limit are inconclusive', async (logicType, all) => {
    await change({ detectors: withDetector('3', { conditionGroup: { logicType, conditions: all } }) });
    expect((await judge())['alert.server-errors']).toMatchObject({ status: 'inconclusive' });
  });

  it('that may both be meant are inconclusive and named, until the target file names one', async () => {
    const [crash] = detectors();
    await change({ detectors: [...detectors(), { ...crash, id: '9', name: 'Crash-free, loose' }] });
    const judgement = (await judge())['alert.crash-free'];
    expect(judgement).toMatchObject({ status: 'inconclusive' });
    expect(judgement?.because).toContain('"Crash-free sessions below 99 %" (1) and "Crash-free, loose" (9)');
    expect((await judge({ 'crash-free': { detector: '1' } }))['alert.crash-free']).toMatchObject({ status: 'pass' });
    const missing = (await judge({ 'crash-free': { detector: 'Nope' } }))['alert.crash-free'];
    expect(missing).toMatchObject({ status: 'fail' });
    expect(missing?.because).toContain('no alert rule "Nope"');
  });

  it('that is firing holds', async () => {
    await change({ detectors: withDetector('3', { openIssues: 1 }) });
    const judgement = (await judge())['alerts.firing'];
    expect(judgement).toMatchObject({ status: 'inconclusive', actual: '1 of 3 firing' });
    expect(judgement?.because).toContain('"Server errors above 0.5 %" (Sentry)');
    const { openIssues: _, ...older } = detectors()[2] ?? { name: '' };
    const latestGroup = { status: 'unresolved' };
    await change({ detectors: [...detectors().slice(0, 2), { ...older, latestGroup }] });
    expect((await judge())['alerts.firing']).toMatchObject({ status: 'inconclusive', actual: '1 of 3 firing' });
  });

  it('of one environment cover that environment alone', async () => {
    const source = (environment: string) => {
      const snubaQuery = { aggregate: 'failure_rate()', query: '', environment };
      return { dataSources: [{ queryObj: { status: 0, snubaQuery } }] };
    };
    await change({ detectors: withDetector('3', source('production')) });
    expect((await judge())['alert.server-errors']).toMatchObject({ status: 'inconclusive' });
    await change({ detectors: withDetector('3', source('staging')) });
    expect((await judge())['alert.server-errors']).toMatchObject({ status: 'pass' });
    // One rule an environment: that of the other one is not meant.
    const [, , errors] = detectors();
    await change({
      detectors: [...withDetector('3', source('staging')), { ...errors, id: '9', ...source('production') }],
    });
    expect((await judge())['alert.server-errors']).toMatchObject({ status: 'pass' });
  });

  it('of an unknown unit are inconclusive until the target file states it', async () => {
    const snubaQuery = { aggregate: 'equation|count_if(status,equals,500) / count()', query: '', environment: null };
    const unclear = withDetector('3', { name: '5xx', dataSources: [{ queryObj: { status: 0, snubaQuery } }] });
    await change({ detectors: unclear });
    expect((await judge())['alert.server-errors']).toMatchObject({ status: 'inconclusive' });
    const stated = await judge({ 'server-errors': { measures: 'failure', unit: 'fraction' } });
    expect(stated['alert.server-errors']).toMatchObject({ status: 'pass' });
  });
});
