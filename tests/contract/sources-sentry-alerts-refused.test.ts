import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import { firstAlerts } from '../../sandbox/doubles/sentry-alerts.ts';
import {
  allPass,
  changeSentry,
  detectors,
  judgeSentry,
  readRules,
  recordedAlerts,
  statusesOf,
} from './support/sentry-alerts.ts';

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

describe('the old interface', () => {
  it.each([404, 410])('answers where detectors answer %i', async (detectorsStatus) => {
    await change({ detectorsStatus, alertRules: recordedAlerts('alert-rules') });
    const judgements = await judge();
    expect(statusesOf(judgements)).toEqual(allPass);
    expect((await readRules(recorder.address)).readFrom).toBe('alert-rules');
  });

  it.each<[string, object, string]>([
    ['muted', { snooze: true }, 'it is muted'],
    ['disabled', { status: 5 }, 'it is disabled'],
    ['relative', { comparisonDelta: 10_080 }, 'an earlier period'],
    ['without an action', { triggers: [{ alertThreshold: 0.005, actions: [] }] }, 'it has no action'],
    ['too late', { triggers: [{ alertThreshold: 0.02, actions: [{}] }] }, 'above 2 %: too late'],
    [
      'too late, beside a warning that notifies no recipient',
      { triggers: [{ alertThreshold: 0.005 }, { alertThreshold: 0.02, actions: [{}] }] },
      'above 2 %: too late',
    ],
  ])('a rule that is %s fails', async (_, more, because) => {
    const rules = firstAlerts().alertRules as Record<string, unknown>[];
    await change({
      detectorsStatus: 404,
      alertRules: rules.map((each) => (each['id'] === '13' ? { ...each, ...more } : each)),
    });
    const judgement = (await judge())['alert.server-errors'];
    expect(judgement).toMatchObject({ status: 'fail' });
    expect(judgement?.because).toContain(because);
  });

  it('an open incident is an alert that fires', async () => {
    await change({ detectorsStatus: 404, incidents: [{ alertRule: { id: '13' }, status: 20 }] });
    expect((await judge())['alerts.firing']).toMatchObject({ status: 'inconclusive', actual: '1 of 3 firing' });
  });

  it('gone as well is an error with what to do', async () => {
    await change({ detectorsStatus: 404, alertRulesStatus: 410 });
    const judgement = (await judge())['alert.crash-free'];
    expect(judgement).toMatchObject({ status: 'error' });
    expect(judgement?.because).toContain('neither /detectors/ (404) nor /alert-rules/ (410)');
    expect(judgement?.because).toContain('check sentry.org');
  });
});

describe('no answer is no pass', () => {
  it.each(['down', 'server-error', 'rate-limited', 'refusing'] as const)('%s', async (mode) => {
    recorder.fail('sentry', mode);
    const judgements = await judge();
    expect(judgements['alert.crash-free']).toMatchObject({ status: 'error' });
    expect(judgements['alerts.firing']).toBeUndefined();
  });

  /** Sentry that answers like this for its detectors. */
  async function judgeAnswer(answer: (request: IncomingMessage) => { readonly body: string; readonly link?: string }) {
    await using server = createServer((request, response) => {
      const own = request.url?.includes('/detectors/') === true;
      const { body, link } = own
        ? answer(request)
        : { body: request.url?.includes('/projects/') ? '{"id":"1"}' : '[]' };
      response.writeHead(200, link === undefined ? {} : { link }).end(body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    return await judgeSentry(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  }

  it.each([
    ['empty', ''],
    ['a log-in page', '<html>Log in</html>'],
    ['cut off', JSON.stringify(detectors()).slice(0, 300)],
    ['another interface', '{"detectors":[]}'],
    ['an entry without its state', '[{"id":"1","projectId":"1","name":"x","type":"metric_issue"}]'],
  ])('%s is an error', async (_, body) => {
    expect((await judgeAnswer(() => ({ body })))['alert.crash-free']).toMatchObject({ status: 'error' });
  });

  it('no rule at all is a fail, and pages without end are an error', async () => {
    expect((await judgeAnswer(() => ({ body: '[]' })))['alert.crash-free']).toMatchObject({ status: 'fail' });
    const link = '<http://x/>; rel="next"; results="true"; cursor="0:1:0"';
    const endless = await judgeAnswer(() => ({ body: '[]', link }));
    expect(endless['alert.crash-free']?.because).toContain('more than 100 pages');
    const odd = await judgeAnswer(() => ({ body: '[]', link: '<http://x/>; rel="next"' }));
    expect(odd['alert.crash-free']).toMatchObject({ status: 'error' });
  });

  it('the recipients of a detector have to be readable', async () => {
    const body = JSON.stringify(detectors());
    await using server = createServer((request, response) => {
      if (request.url?.includes('/workflows/')) response.writeHead(403).end();
      else response.end(request.url?.includes('/projects/') ? '{"id":"1"}' : body);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const judgement = (await judgeSentry(url))['alert.crash-free'];
    expect(judgement).toMatchObject({ status: 'inconclusive' });
    expect(judgement?.because).toContain('its recipients could not be read');
  });
});
