import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { type Recorder, startRecorder } from '../../sandbox/doubles/recorder.ts';
import type { Received } from '../../sandbox/doubles/service.ts';
import { announcementsSchema } from '../../src/config/announcements-schema.ts';
import { announcementsOf } from '../../src/config/announcements.ts';
import type { AnnouncementState } from '../../src/core/announcement.ts';
import { judgeAnnouncement } from '../../src/core/judge/announcement.ts';
import { createMask } from '../../src/core/redact.ts';
import { type Announcer, type AnnouncerContext, openAnnouncer } from '../../src/flows/release/announce.ts';
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

describe('the announcer on the Web API', () => {
  it('posts one message, changes it, answers in its thread, and reads the last version back', async () => {
    const { announcer, runId, notes } = open('slack');
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
    const [message, reply] = posted(runId);
    expect(JSON.stringify(message?.body)).toContain('Releasing: freetask@1.5.0');
    expect(reply?.body).toMatchObject({ thread_ts: announcer.state().address?.ts });
    expect(received(/chat\.update$/, runId)).toHaveLength(1);
    expect(notes).toEqual([]);
  });
});
