import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { SentryCli } from '@sentry/cli';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';

/** A double that accepts too much would let a client pass that the real API refuses. */
let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.stop());

const token = { authorization: 'Bearer tok' };

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = token) {
  const response = await fetch(recorder.address + path, {
    method,
    headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text };
}

const release = '/api/0/organizations/freetask/releases/';
const webhook = '/slack/services/T/C/S';
const issues = '/github/repos/freetask/app/issues';
const crashes = '/crashlytics/v1alpha/projects/123/apps/1:123:android:abc/reports/topIssues';

describe('right requests are answered as the real APIs do', () => {
  it.each([
    ['Sentry release', 'POST', release, { version: 'freetask@1', projects: ['api'] }, 201, '"dateCreated"'],
    ['Sentry detectors', 'GET', '/api/0/organizations/freetask/detectors/', undefined, 200, 'metric_issue'],
    ['Slack webhook', 'POST', webhook, { text: 'Go' }, 200, 'ok'],
    ['Slack Web API', 'POST', '/slack/api/chat.postMessage', { channel: '#shiproom', text: 'Go' }, 200, '"ok":true'],
    ['GitHub issue', 'POST', issues, { title: 'Retro' }, 201, '"number":1'],
    ['Crashlytics', 'GET', crashes, undefined, 200, '"groups":[{'],
  ])('%s', async (_, method, path, body, status, expected) => {
    const answer = await ask(method, path, body);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain(expected);
  });
});

describe('wrong requests are refused as the real APIs do', () => {
  it.each([
    ['Sentry without a token', 'POST', release, { version: 'v' }, {}, 401, 'credentials'],
    ['Sentry without a version', 'POST', release, { projects: [] }, token, 400, 'version'],
    ['Sentry by another method', 'DELETE', `${release}v/`, undefined, token, 404, 'does not exist'],
    ['an envelope without a key', 'POST', '/api/1/envelope/', 'x', {}, 401, 'credentials'],
    ['Slack without a text', 'POST', webhook, {}, {}, 400, 'invalid_payload'],
    [
      'Slack Web API without a token',
      'POST',
      '/slack/api/chat.postMessage',
      { channel: 'c', text: 't' },
      {},
      200,
      'not_authed',
    ],
    ['Slack at another path', 'POST', '/slack/services/T/C', { text: 'Go' }, {}, 404, 'no_team'],
    ['GitHub without a token', 'POST', issues, { title: 'x' }, {}, 401, 'Requires authentication'],
    ['GitHub without a title', 'POST', issues, { body: 'x' }, token, 422, 'Validation Failed'],
    ['Crashlytics without a token', 'GET', crashes, undefined, {}, 401, 'UNAUTHENTICATED'],
    [
      'Crashlytics with half an interval',
      'GET',
      `${crashes}?filter.interval.start_time=2026-01-01T00:00:00Z`,
      undefined,
      token,
      400,
      'INVALID_ARGUMENT',
    ],
    [
      'Crashlytics with the app of another project',
      'GET',
      crashes.replace('1:123:', '1:999:'),
      undefined,
      token,
      400,
      'INVALID_ARGUMENT',
    ],
  ] as [string, string, string, unknown, Record<string, string>, number, string][])(
    '%s',
    async (_, method, path, body, headers, status, expected) => {
      const answer = await ask(method, path, body, headers);
      expect(answer.status).toBe(status);
      expect(answer.text).toContain(expected);
    },
  );
});

it('the real sentry-cli succeeds against it, and its requests can be read back', async () => {
  const env = {
    PATH: process.env['PATH'] ?? '',
    SENTRY_URL: recorder.address,
    SENTRY_AUTH_TOKEN: 'tok',
    SENTRY_ORG: 'freetask',
    SENTRY_PROJECT: 'api',
    SENTRY_LOAD_DOTENV: '0',
    SENTRY_DISABLE_UPDATE_CHECK: '1',
  };
  const cli = (...args: string[]) => promisify(execFile)(SentryCli.getPath(), args, { env });
  await cli('releases', 'new', 'freetask@1.5.0', '-p', 'api');
  await cli(
    'releases',
    'set-commits',
    'freetask@1.5.0',
    '--commit',
    'freetask/app@0000000000000000000000000000000000000001',
  );
  await cli('deploys', 'new', '-r', 'freetask@1.5.0', '-e', 'sandbox', '-p', 'api');
  await cli('releases', 'finalize', 'freetask@1.5.0');
  const recorded = JSON.parse((await ask('GET', '/_recorded?service=sentry')).text) as {
    method: string;
    path: string;
    status: number;
  }[];
  expect(recorded.map(({ method, path, status }) => `${method} ${decodeURIComponent(path)} ${status}`)).toEqual(
    expect.arrayContaining([
      `POST ${release} 201`,
      `POST ${release}freetask@1.5.0/deploys/ 201`,
      `PUT ${release}freetask@1.5.0/ 200`,
    ]),
  );
});
