import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import type { Received } from '../../sandbox/doubles/service.ts';
import { announcementsSchema } from '../../src/config/announcements-schema.ts';
import { announcementsOf } from '../../src/config/announcements.ts';
import type { AnnouncementState } from '../../src/core/announcement.ts';
import { judgeAnnouncement } from '../../src/core/judge/announcement.ts';
import { createMask } from '../../src/core/redact.ts';
import { type Announcer, type AnnouncerContext, openAnnouncer } from '../../src/flows/release/open-announcer.ts';
import type { Clock } from '../../src/system/clock.ts';
import { facts, released } from '../unit/release/facts.ts';

/** The announcer with the real clients of Slack on the double of its service. */
let recorder: Recorder;
beforeAll(async () => {
  recorder = await startRecorder();
});
afterAll(() => recorder.stop());
afterEach(() => recorder.fail('slack', undefined));

/** Pauses pass at once, and the time moves on by them. */
function quickClock(): Clock {
  let passed = 0;
  return {
    now: () => Date.now(),
    monotonic: () => performance.now() + passed,
    sleep: async (ms) => {
      passed += ms;
      await sleep(1);
    },
  };
}

let runs = 0;
interface Open {
  readonly announcer: Announcer;
  readonly notes: string[];
  readonly runId: string;
  readonly states: AnnouncementState[];
}

function open(by: 'slack' | 'webhook', more: Partial<AnnouncerContext> = {}): Open {
  const url = `${recorder.address}/slack/api`;
  const slack = by === 'slack' ? { token: 'T', channel: 'C0SHIPROOM', url } : { webhook: 'W' };
  const links = [{ text: 'Dashboard', url: 'https://grafana.example/d/freetask?var-release={release}' }];
  const settings = announcementsOf({ announcements: announcementsSchema.parse({ slack, links, retryFor: '1m' }) });
  const notes: string[] = [];
  const states: AnnouncementState[] = [];
  const runId = more.runId ?? `20261126-022600-release-public-${(runs += 1)}`;
  const announcer = openAnnouncer(settings, {
    runId,
    startedAt: new Date().toISOString(),
    secret: (name) => (name === 'W' ? `${recorder.address}/slack/services/T/${runId}/S` : 'xoxb-secret'),
    mask: createMask(() => ['hunter22']),
    clock: quickClock(),
    note: (text) => notes.push(text),
    keep: async (state) => void states.push(state),
    ...more,
  });
  return { announcer, notes, runId, states };
}

/** What the double received for this run and accepted. */
const received = (path: RegExp, runId: string): Received[] =>
  recorder.received().filter((each) => path.test(each.path) && (JSON.stringify(each.body) + each.path).includes(runId));
const posted = (runId: string) => received(/chat\.postMessage$/, runId);
const until = async (condition: () => boolean): Promise<void> => {
  while (!condition()) await sleep(5);
};

/** Messages of the channel as they are now, newest first. */
async function shown(runId: string): Promise<{ text: string; ts: string; thread_ts?: string }[]> {
  const answer = await fetch(`${recorder.address}/slack/_channels/C0SHIPROOM`);
  const messages = (await answer.json()) as { text: string; ts: string; thread_ts?: string }[];
  return messages.filter((message) => JSON.stringify(message).includes(`"marker":"${runId} `));
}

describe('the announcer on the Web API', () => {
  it('posts one message, changes it, answers in its thread, and reads the last version back', async () => {
    const { announcer, runId, notes, states } = open('slack');
    announcer.update(facts({ doing: 'Preflight' }));
    announcer.stage({ id: 'stage-10', title: 'Traffic 10 %', lines: ['objectives met'] });
    await until(() => posted(runId).length === 2);
    const evidence = await announcer.conclude(released());
    expect(evidence).toMatchObject({
      state: 'delivered',
      readBack: true,
      word: 'GO',
      address: { channel: 'C0SHIPROOM' },
    });
    expect(judgeAnnouncement(evidence)).toMatchObject({ status: 'pass', clauses: ['3.4b'] });
    const [reply, message] = await shown(runId);
    expect(message?.text).toContain('GO: freetask@1.5.0 on staging, released');
    expect(reply).toMatchObject({ thread_ts: message?.ts, text: expect.stringContaining('Traffic 10 %') as string });
    expect(announcer.state()).toEqual({ address: { channel: 'C0SHIPROOM', ts: message?.ts } });
    expect(states.at(-1)).toEqual(announcer.state());
    expect(notes).toEqual([]);
  });

  it('sends of many changes in a row the first and the last', async () => {
    const { announcer, runId } = open('slack');
    for (let share = 0; share <= 100; share += 1) announcer.update(facts({ doing: `Traffic ${share} %` }));
    await until(() => received(/chat\.update$/, runId).length === 1);
    expect(posted(runId)).toHaveLength(1);
    expect((await shown(runId))[0]?.text).toContain('Traffic 100 %');
    await announcer[Symbol.asyncDispose]();
  });

  it('a resumed run changes the message of its address, or of its marker where the address is lost', async () => {
    const first = open('slack');
    await first.announcer.conclude(released({ phase: 'paused' }));
    const { runId } = first;
    const known = open('slack', { runId, state: first.announcer.state() });
    const lost = open('slack', { runId, resumed: true });
    for (const { announcer } of [known, lost]) {
      announcer.update(facts());
      const evidence = await announcer.conclude(released());
      expect(evidence).toMatchObject({ state: 'delivered', address: first.announcer.state().address });
    }
    expect(await shown(runId)).toHaveLength(1);
  });

  it('a message whose answer was lost is posted once', async () => {
    const { announcer, runId } = open('slack');
    recorder.fail('slack', 'lost', 1);
    announcer.update(facts());
    expect(await announcer.conclude(released())).toMatchObject({ state: 'delivered' });
    expect(await shown(runId)).toHaveLength(1);
  });

  it('a message that was deleted is posted again', async () => {
    const state = { address: { channel: 'C0SHIPROOM', ts: '1.000001' } };
    const { announcer, runId } = open('slack', { state });
    expect(await announcer.conclude(released())).toMatchObject({ state: 'delivered', readBack: true });
    expect((await shown(runId))[0]?.ts).not.toBe('1.000001');
  });

  it.each(['down', 'server-error', 'rate-limited', 'refusing'] as const)(
    '%s for a while: nothing is thrown, and the last message arrives',
    async (mode) => {
      const { announcer, runId } = open('slack');
      recorder.fail('slack', mode, 2);
      announcer.update(facts());
      announcer.stage({ id: 'stage-10', title: 'Traffic 10 %', lines: [] });
      expect(await announcer.conclude(released())).toMatchObject({ state: 'delivered' });
      expect((await shown(runId)).at(-1)?.text).toContain('GO: freetask@1.5.0');
    },
  );

  it('down all the time: HOLD, with the reason, after a bounded time', async () => {
    const { announcer } = open('slack');
    recorder.fail('slack', 'down');
    const evidence = await announcer.conclude(released());
    expect(evidence).toMatchObject({ state: 'undelivered', because: expect.stringContaining('Slack') as string });
    expect(judgeAnnouncement(evidence)).toMatchObject({ status: 'error', actual: 'not delivered' });
  });

  it('masks a secret in what is announced', async () => {
    const { announcer, runId } = open('slack');
    await announcer.conclude(released({ hotfix: 'the password is hunter22' }));
    const bodies = JSON.stringify(posted(runId).map(({ body }) => body));
    expect(bodies).toContain('the password is');
    expect(bodies).not.toContain('hunter22');
  });
});

describe('the announcer on a webhook', () => {
  const sent = (runId: string) => received(/\/services\//, runId).filter(({ status }) => status === 200);

  it('posts one message at the start and one at the end, and nothing between', async () => {
    const { announcer, runId, states } = open('webhook');
    announcer.update(facts());
    announcer.update(facts({ doing: 'Traffic 10 %' }));
    announcer.stage({ id: 'stage-10', title: 'Traffic 10 %', lines: [] });
    const evidence = await announcer.conclude(released());
    expect(evidence).toMatchObject({ state: 'delivered', readBack: false });
    expect(judgeAnnouncement(evidence)).toMatchObject({ status: 'pass' });
    expect(sent(runId)).toHaveLength(2);
    expect(states.map((state) => state.sent?.certain)).toEqual([false, true, false, true]);
  });

  it('a resumed run does not announce its start again, nor a verdict that was sent', async () => {
    const { announcer, runId } = open('webhook');
    announcer.update(facts());
    await announcer.conclude(released());
    const again = open('webhook', { runId, state: announcer.state(), resumed: true });
    again.announcer.update(facts());
    // Later, so that the times in it differ.
    const evidence = await again.announcer.conclude(released({ at: '2026-11-26T03:09:00.000Z' }));
    expect(evidence).toMatchObject({ state: 'delivered', attempts: 0 });
    expect(sent(runId)).toHaveLength(2);
  });

  it('a message whose delivery is unknown is not repeated, and no pass', async () => {
    const { announcer, runId } = open('webhook');
    recorder.fail('slack', 'lost', 1);
    const evidence = await announcer.conclude(released());
    expect(evidence).toMatchObject({ state: 'undelivered' });
    expect(judgeAnnouncement(evidence)).toMatchObject({
      status: 'error',
      because: expect.stringContaining('may have been delivered') as string,
    });
    const again = open('webhook', { runId, state: announcer.state(), resumed: true });
    expect(await again.announcer.conclude(released())).toMatchObject({ state: 'undelivered' });
    expect(sent(runId)).toHaveLength(1);
  });

  it('a message that was refused is tried again', async () => {
    const { announcer, runId } = open('webhook');
    recorder.fail('slack', 'server-error', 1);
    expect(await announcer.conclude(released())).toMatchObject({ state: 'delivered', attempts: 2 });
    expect(sent(runId)).toHaveLength(1);
  });
});

describe('a target without a channel', () => {
  const context = {
    runId: 'r',
    startedAt: '',
    secret: () => undefined,
    mask: (text: string) => text,
    note: () => undefined,
  };
  it.each([
    [undefined, 'missing'],
    [{ off: 'staging has no stakeholders' }, 'off'],
  ] as const)('%j: %s', async (settings, state) => {
    const announcer = openAnnouncer(settings, { ...context, clock: quickClock() });
    announcer.update(facts());
    announcer.stage({ id: 's', title: 's', lines: [] });
    expect(await announcer.conclude(released())).toMatchObject({ state });
  });
});
