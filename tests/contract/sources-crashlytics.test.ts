import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import { crashlyticsSchema } from '../../src/config/crashlytics-schema.ts';
import type { CrashesEvidence } from '../../src/core/crashes.ts';
import { judgeCrashes } from '../../src/core/judge/crashes.ts';
import { reviewCrashes } from '../../src/flows/release/review-crashes.ts';
import { readCrashIssues } from '../../src/sources/crashlytics.ts';

let recorder: Recorder;
let first: Readonly<Record<string, unknown>>;
const secret = 'ya29.very-secret';
const stateAddress = () => `${recorder.address}/_state?service=crashlytics`;
const change = (state: object) => fetch(stateAddress(), { method: 'POST', body: JSON.stringify(state) });

beforeAll(async () => {
  recorder = await startRecorder();
  first = (await (await fetch(stateAddress())).json()) as Record<string, unknown>;
});
afterAll(() => recorder.stop());
afterEach(async () => {
  recorder.fail('crashlytics', undefined);
  await change(first);
});

const settings = () => {
  const url = `${recorder.address}/crashlytics`;
  const parsed = crashlyticsSchema.parse({ app: '1:123:android:abc', version: '{version}', token: 'FIREBASE', url });
  if ('off' in parsed) throw new Error('not off');
  return parsed;
};
const call = () => ({
  secret: () => secret,
  clock: { now: () => Date.parse('2026-11-26T03:00:00Z'), monotonic: () => 0, sleep: async () => undefined },
  signal: new AbortController().signal,
});
const query = { release: 'freetask@1.5.0', from: '2026-11-26T02:00:00.000Z' };
const judge = async (more: Partial<CrashesEvidence> = {}) =>
  judgeCrashes({ ...(await readCrashIssues(query, settings(), call())), ...more });

const issueOf = (index: number, more: object = {}) => ({
  version: '1.5.0',
  group: {
    issue: {
      id: `issue-${index}`,
      title: `Crash ${index}`,
      subtitle: 'Bad state',
      errorType: 'FATAL',
      state: 'OPEN',
      firstSeenVersion: '1.2.0',
      signals: [],
      uri: `https://console.example/${index}`,
      ...more,
    },
    metrics: [{ eventsCount: '12', impactedUsersCount: '7' }],
  },
});

describe('Crashlytics (3.3b)', () => {
  it('no new issue, and events of the version: a pass that names what was read', async () => {
    expect(await judge()).toMatchObject({
      id: 'crashlytics.issues',
      clauses: ['3.3b'],
      status: 'pass',
      because:
        '0 new or regressed of 1 fatal issue in 1.5.0, 12 events read from 2026-11-26T02:00:00.000Z to 2026-11-26T03:00:00.000Z.',
    });
  });

  it.each([
    ['first seen in this version', { firstSeenVersion: '1.5.0' }, 'new Crash 250'],
    ['fresh', { signals: [{ signal: 'SIGNAL_FRESH', description: '' }] }, 'new Crash 250'],
    ['regressed', { signals: [{ signal: 'SIGNAL_REGRESSED', description: '' }] }, 'regressed Crash 250'],
  ])('an issue %s on the third page fails and is named', async (_, more, name) => {
    const known = Array.from({ length: 250 }, (__, index) => issueOf(index));
    await change({ issues: [...known, issueOf(250, more)] });
    const judgement = await judge();
    expect(judgement).toMatchObject({ status: 'fail' });
    expect(judgement.because).toBe(
      `Fatal in 1.5.0: ${name}: Bad state (12 events, 7 users, https://console.example/250).`,
    );
  });

  it('of another version, or no crash, is none of this release', async () => {
    await change({ issues: [{ ...issueOf(1, { firstSeenVersion: '1.5.0' }), version: '1.6.0' }] });
    expect(await judge()).toMatchObject({ status: 'pass' });
    await change({ issues: [issueOf(1, { firstSeenVersion: '1.5.0', errorType: 'NON_FATAL' })] });
    expect(await judge()).toMatchObject({ status: 'pass' });
  });

  it('no event of the version is inconclusive, whatever other versions have', async () => {
    const other = { version: { displayName: '1.4.0' }, metrics: [{ eventsCount: '5', impactedUsersCount: '1' }] };
    await change({ issues: [], versions: [other] });
    const judgement = await judge();
    expect(judgement).toMatchObject({ status: 'inconclusive' });
    expect(judgement.because).toContain('only of 1.4.0');
    await change({ versions: [] });
    expect((await judge()).because).toContain('none of any version either');
  });

  it('an attestation passes where there is no data or no answer, and never over a new issue', async () => {
    const attestation = { by: 'Dana Ortiz', reviewed: 'the Crashlytics dashboard of 1.5.0, last 60 minutes' };
    await change({ issues: [], versions: [] });
    expect(await judge({ attestation })).toMatchObject({
      status: 'pass',
      because: 'Attested by Dana Ortiz, who reviewed: the Crashlytics dashboard of 1.5.0, last 60 minutes.',
    });
    recorder.fail('crashlytics', 'refusing');
    expect(await judge({ attestation })).toMatchObject({ status: 'pass', actual: 'not read' });
    recorder.fail('crashlytics', undefined);
    await change({ issues: [issueOf(1, { firstSeenVersion: '1.5.0' })] });
    expect(await judge({ attestation })).toMatchObject({ status: 'fail' });
  });

  it.each([
    ['refusing', 'topIssues: it answered 403; the account needs to read Crashlytics'],
    ['rate-limited', 'topIssues: it answered 429'],
    ['server-error', 'topIssues: it answered 503'],
    ['down', 'topIssues: '],
  ] as const)('%s is an error, without the token', async (mode, because) => {
    recorder.fail('crashlytics', mode);
    const judgement = await judge();
    expect(judgement).toMatchObject({ status: 'error' });
    expect(judgement.because).toContain(because);
    expect(JSON.stringify(judgement)).not.toContain(secret);
  });

  it.each<[string, string, object, string]>([
    ['an issue under another name', 'topIssues', { groups: [{ crash: {}, metrics: [] }] }, 'a group without its issue'],
    ['a version under another name', 'topVersions', { groups: [{ metrics: [] }] }, 'a group without its version'],
    ['fewer than it counts, as a string', 'topIssues', { totalSize: '3', groups: [] }, 'listed 0 of 3 groups'],
  ])('a report of another form is an error: %s', async (_, report, more, because) => {
    await using server = createServer((request, response) => {
      const own = request.url?.includes(report) === true;
      response.end(JSON.stringify({ name: report, ...(own ? more : { groups: [] }) }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const judgement = judgeCrashes(await readCrashIssues(query, { ...settings(), url }, call()));
    expect(judgement).toMatchObject({ status: 'error' });
    expect(judgement.because).toContain(because);
  });

  it('a refusal that passes is asked again', async () => {
    recorder.fail('crashlytics', 'server-error', 2);
    expect(await judge()).toMatchObject({ status: 'pass' });
  });

  it('a version that the release name does not contain is an error', async () => {
    const evidence = await readCrashIssues(query, { ...settings(), version: '{version} ({build})' }, call());
    expect(judgeCrashes(evidence)).toMatchObject({ status: 'error' });
    expect(judgeCrashes(evidence).because).toContain('needs {build}');
  });

  it('an unset variable and an unreadable key file are errors', async () => {
    const unset = await readCrashIssues(query, settings(), { ...call(), secret: () => undefined });
    expect(judgeCrashes(unset).because).toContain('the environment variable FIREBASE is not set');
    const auth = { credentials: 'GOOGLE_APPLICATION_CREDENTIALS' };
    const keyFile = { ...call(), secret: () => '/does/not/exist.json' };
    const unreadable = await readCrashIssues(query, { ...settings(), auth }, keyFile);
    expect(judgeCrashes(unreadable)).toMatchObject({ status: 'error' });
    expect(judgeCrashes(unreadable).because).toContain('no token for the key file of GOOGLE_APPLICATION_CREDENTIALS');
  });

  it('a key file gives the token, by the real client of Google', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'google-'));
    const bodies: string[] = [];
    await using exchange = createServer((request, response) => {
      request.on('data', (chunk) => bodies.push(String(chunk)));
      const token = { access_token: secret, issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
      response.setHeader('content-type', 'application/json');
      response.end(JSON.stringify({ ...token, token_type: 'Bearer', expires_in: 3600 }));
    }).listen(0, '127.0.0.1');
    await once(exchange, 'listening');
    const keyFile = join(folder, 'key.json');
    await writeFile(join(folder, 'subject'), 'subject-token');
    // The kind of key file whose token address is its own.
    const key = {
      type: 'external_account',
      audience: '//iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/p/providers/x',
      subject_token_type: 'urn:ietf:params:oauth:token-type:jwt',
      token_url: `http://127.0.0.1:${(exchange.address() as AddressInfo).port}/token`,
      credential_source: { file: join(folder, 'subject') },
    };
    await writeFile(keyFile, JSON.stringify(key));
    const auth = { credentials: 'GOOGLE_APPLICATION_CREDENTIALS' };
    const evidence = await readCrashIssues(query, { ...settings(), auth }, { ...call(), secret: () => keyFile });
    await rm(folder, { recursive: true });
    expect(judgeCrashes(evidence)).toMatchObject({ status: 'pass' });
    expect(decodeURIComponent(bodies.join(''))).toContain('https://www.googleapis.com/auth/cloud-platform');
  });

  it('off is not applicable; not configured is required, unless it was attested', async () => {
    const off = await reviewCrashes(query, { crashlytics: { off: 'there is no app' } }, call());
    expect(judgeCrashes(off)).toMatchObject({ reason: 'not-applicable', required: false });
    expect(judgeCrashes(await reviewCrashes(query, {}, call()))).toMatchObject({ reason: 'skipped', required: true });
    const attestation = { by: 'Dana Ortiz', reviewed: 'the console' };
    const attested = await reviewCrashes({ ...query, attestation }, {}, call());
    expect(judgeCrashes(attested)).toMatchObject({ status: 'pass' });
  });
});
