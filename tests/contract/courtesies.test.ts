import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import type { FailureMode } from '../../sandbox/doubles/service.ts';
import { incidentSchema, sentrySchema } from '../../src/config/courtesy-schema.ts';
import type { Attempt, ChannelMessage, CourtesyOutcome } from '../../src/core/courtesy.ts';
import { createChannel } from '../../src/notifiers/index.ts';
import { createReleaseTracker, createTicketTracker } from '../../src/trackers/index.ts';

/** Channels and trackers, each by its real client against the double of its service. */
let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.stop());
afterEach(() => {
  for (const service of ['slack', 'github', 'sentry']) recorder.fail(service, undefined);
});

const secret = 'xoxb-very-secret-token';
const message = (marker: string): ChannelMessage => ({
  marker,
  notBefore: new Date().toISOString(),
  title: 'Rolled back <!channel>',
  facts: [['Release', 'freetask@1.5.0']],
  lists: [],
  links: [],
});

interface Courtesy {
  readonly name: string;
  readonly service: 'slack' | 'github' | 'sentry';
  /** Whether what was done can be read back. */
  readonly canBeFound: boolean;
  readonly create: () => {
    readonly perform: (marker: string, attempt: Attempt) => Promise<CourtesyOutcome>;
    readonly check: (attempt: Attempt) => Promise<string | undefined>;
  };
  /** How often it was done for a marker, as the double received it. */
  readonly count: (marker: string) => number;
}

const received = (path: RegExp, marker: string): number =>
  recorder
    .received()
    .filter((each) => each.method === 'POST' && path.test(each.path) && each.status !== 0 && each.status < 300)
    .filter(({ body }) => JSON.stringify(body).includes(marker)).length;

const courtesies: readonly Courtesy[] = [
  {
    name: 'slack',
    service: 'slack',
    canBeFound: true,
    create: () => {
      const url = `${recorder.address}/slack/api`;
      const { slack } = incidentSchema.parse({ slack: { token: 'SLACK_TOKEN', channel: 'C0123456789', url } });
      const channel = createChannel(slack ?? fail(), () => secret);
      return { ...channel, perform: (marker, attempt) => channel.send(message(marker), attempt) };
    },
    count: (marker) => received(/chat\.postMessage$/, marker),
  },
  {
    name: 'slack-webhook',
    service: 'slack',
    canBeFound: false,
    create: () => {
      const { slack } = incidentSchema.parse({ slack: { webhook: 'SLACK_WEBHOOK' } });
      const channel = createChannel(slack ?? fail(), () => `${recorder.address}/slack/services/T/C/${secret}`);
      // A webhook has no metadata, so the double finds the message by its title.
      const send = (marker: string, attempt: Attempt) =>
        channel.send({ ...message(marker), title: `Rolled back ${marker}` }, attempt);
      return { ...channel, perform: send };
    },
    count: (marker) => received(/services/, marker),
  },
  {
    name: 'github',
    service: 'github',
    canBeFound: true,
    create: () => {
      const url = `${recorder.address}/github`;
      const { github } = incidentSchema.parse({ github: { token: 'GH', repository: 'freetask/app', url } });
      const tracker = createTicketTracker(github ?? fail(), () => secret);
      const ticket = { title: 'Retro', body: 'Timeline', notBefore: new Date().toISOString() };
      return { ...tracker, perform: (marker, attempt) => tracker.open({ ...ticket, marker }, attempt) };
    },
    count: (marker) => received(/issues$/, marker),
  },
  {
    name: 'sentry',
    service: 'sentry',
    canBeFound: true,
    create: () => {
      const settings = sentrySchema.parse({ url: recorder.address, org: 'freetask', project: 'api', token: 'SENTRY' });
      const tracker = createReleaseTracker(settings, () => secret, {
        env: { PATH: process.env['PATH'] ?? '' },
        cwd: '/',
      });
      const deploy = {
        release: 'freetask@1.5.0',
        environment: 'staging',
        startedAt: '2026-11-26T02:00:00.000Z',
        finishedAt: '2026-11-26T02:10:00.000Z',
        reportUrl: 'https://reports.example/1',
      };
      return { ...tracker, perform: (runId, attempt) => tracker.recordFailedDeploy({ ...deploy, runId }, attempt) };
    },
    count: (marker) => received(/deploys\/$/, marker),
  },
];
const fail = (): never => {
  throw new Error('no settings');
};

const attempt = (more: Partial<Attempt> = {}): Attempt => ({
  signal: new AbortController().signal,
  timeoutMs: 10_000,
  uncertain: false,
  ...more,
});
let markers = 0;

describe.each(courtesies)('$name', ({ service, create, count, canBeFound }) => {
  const marker = `20261126-022600-deploy-release-${(markers += 1)}`;

  it('does it, and without doubt only once', async () => {
    const { perform } = create();
    expect(await perform(marker, attempt())).toMatchObject({ done: true });
    expect(count(marker)).toBe(1);
    const again = await perform(marker, attempt({ uncertain: true }));
    expect(again.done).toBe(canBeFound);
    expect(count(marker)).toBe(1);
  });

  it('whose answer was lost is done once all the same', async () => {
    const { perform } = create();
    recorder.fail(service, 'lost');
    const lost = await perform(`${marker}-lost`, attempt({ timeoutMs: 3000 }));
    expect(lost).toMatchObject({ done: false });
    recorder.fail(service, undefined);
    const uncertain = !lost.done && lost.uncertain;
    const again = await perform(`${marker}-lost`, attempt({ uncertain }));
    expect([again.done, count(`${marker}-lost`)]).toEqual(canBeFound ? [true, 1] : [false, 1]);
  });

  it.each<[FailureMode, boolean]>([
    ['down', true],
    ['server-error', true],
    ['rate-limited', true],
    ['refusing', service === 'slack'],
  ])('%s: an outcome, no exception and no secret in it', async (mode, retry) => {
    const { perform, check } = create();
    recorder.fail(service, mode);
    const outcome = await perform(`${marker}-${mode}`, attempt());
    expect(outcome).toMatchObject({ done: false });
    expect(JSON.stringify(outcome)).not.toContain(secret);
    if (canBeFound) expect(outcome).toMatchObject({ retry });
    if (canBeFound) expect(await check(attempt())).not.toBeUndefined();
  });

  it('that gets no answer ends at its time limit', async () => {
    recorder.fail(service, 'slow');
    const outcome = await create().perform(`${marker}-slow`, attempt({ timeoutMs: 300 }));
    expect(outcome).toMatchObject({ done: false });
  });

  it('is found usable by the check', async () => expect(await create().check(attempt())).toBeUndefined());
});

it('Retry-After is passed on', async () => {
  for (const [index, { service, create }] of courtesies.entries()) {
    recorder.fail(service, 'rate-limited');
    const outcome = await create().perform(`limited-${index}`, attempt());
    if (service !== 'sentry') expect(outcome).toMatchObject({ retryAfterMs: 1000 });
  }
});

it('Sentry has the failed deploy under its own environment with both times, and the release is not finalized', () => {
  const sent = recorder.received().filter((each) => each.service === 'sentry' && each.method === 'POST');
  expect(sent.find(({ path }) => path.endsWith('/deploys/'))?.body).toMatchObject({
    environment: 'staging-failed',
    dateStarted: '2026-11-26T02:00:00Z',
    dateFinished: '2026-11-26T02:10:00Z',
    url: 'https://reports.example/1',
    projects: ['api'],
  });
  expect(JSON.stringify(sent)).not.toContain('dateReleased');
  expect(recorder.received().filter(({ method }) => method === 'PUT')).toEqual([]);
});

it('an organisation token of another organisation is refused before it is sent', async () => {
  const claims = Buffer.from(JSON.stringify({ org: 'other', url: 'https://sentry.io' })).toString('base64');
  const settings = sentrySchema.parse({ url: recorder.address, org: 'freetask', project: 'api', token: 'SENTRY' });
  const tracker = createReleaseTracker(settings, () => `sntrys_${claims}_${'x'.repeat(43)}`, { env: {}, cwd: '/' });
  expect(await tracker.check(attempt())).toContain('belongs to the organisation other');
});
