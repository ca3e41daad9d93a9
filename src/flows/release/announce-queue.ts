import { type AnnouncedStage, stageReply } from '../../core/announcement.ts';
import type { ChannelMessage, MessageOutcome } from '../../core/courtesy.ts';
import { messageOf } from '../../core/errors.ts';
import { type Announcing, backgroundTimeoutMs, messageFrom } from './announcer.ts';

/** Between two requests: Slack allows about one change a second in a channel, and 50 a minute. */
const paceMs = 1200;
const longestPauseMs = 30_000;
/** How often a stage's reply is tried. */
const mostTries = 5;

/** What the queue sends to; each call is one attempt. */
export interface Sink {
  /** Shows this content: posts the message, or changes the one that is there. */
  readonly show: (content: ChannelMessage, timeoutMs: number) => Promise<MessageOutcome>;
  readonly reply: (content: ChannelMessage, timeoutMs: number, uncertain: boolean) => Promise<MessageOutcome>;
}

export interface Queue {
  readonly show: (content: ChannelMessage) => void;
  readonly answer: (stage: AnnouncedStage) => void;
  /** Ends after the request that is under way; what is left stays in the queue. */
  readonly stop: () => Promise<void>;
  /** Sends the replies that are left, each once. */
  readonly flush: () => Promise<void>;
}

interface Reply {
  readonly content: ChannelMessage;
  readonly tries: number;
  readonly uncertain: boolean;
}

/** What waits; of the contents only the newest one. */
interface Pending {
  newest: ChannelMessage | undefined;
  replies: readonly Reply[];
  /** In turns, or frequent changes of the message would keep the replies waiting. */
  repliesNext: boolean;
}

const isEmpty = ({ newest, replies }: Pending): boolean => newest === undefined && replies.length === 0;

/** Sends one request after the other, in the background. */
export function openQueue(announcing: Announcing, sink: Sink): Queue {
  const { note } = announcing;
  const pending: Pending = { newest: undefined, replies: [], repliesNext: false };
  const stopping = new AbortController();
  let working: Promise<void> | undefined;
  const start = (): void => {
    if (stopping.signal.aborted) return;
    working ??= work(pending, sink, announcing, stopping.signal)
      .catch((error: unknown) => {
        Object.assign(pending, { newest: undefined, replies: [] });
        note(`not announced: ${messageOf(error)}`);
      })
      .finally(() => {
        working = undefined;
        // What came after the last one was sent.
        if (!isEmpty(pending)) start();
      });
  };
  return {
    show: (content) => {
      pending.newest = content;
      start();
    },
    answer: (stage) => {
      const content = messageFrom(announcing, stageReply(stage), `release ${stage.id}`);
      pending.replies = [...pending.replies, { content, tries: 1, uncertain: false }];
      start();
    },
    stop: async () => {
      stopping.abort();
      await working;
    },
    flush: async () => {
      for (const { content, uncertain } of pending.replies) {
        const outcome = await sink.reply(content, backgroundTimeoutMs, uncertain);
        if (!outcome.done) return note(`a stage is not in the thread: ${outcome.because}`);
      }
      pending.replies = [];
    },
  };
}

async function work(pending: Pending, sink: Sink, { clock, note }: Announcing, stopped: AbortSignal): Promise<void> {
  let pauseMs = paceMs;
  while (!isEmpty(pending) && !stopped.aborted) {
    const outcome = await sendNext(pending, sink);
    if (outcome.done) pauseMs = paceMs;
    else {
      note(`not announced yet: ${outcome.because}`);
      pauseMs = Math.min(Math.max(2 * pauseMs, outcome.retryAfterMs ?? 0), longestPauseMs);
    }
    await clock.sleep(pauseMs, stopped);
  }
}

async function sendNext(pending: Pending, sink: Sink): Promise<MessageOutcome> {
  const { newest, repliesNext } = pending;
  const [reply] = pending.replies;
  if (reply && (newest === undefined || repliesNext)) {
    pending.repliesNext = false;
    return sendReply(reply, pending, sink);
  }
  if (newest === undefined) return { done: true, summary: 'nothing to send' };
  pending.repliesNext = true;
  const outcome = await sink.show(newest, backgroundTimeoutMs);
  // A newer one may have come meanwhile; one that cannot succeed waits for the next.
  if (pending.newest === newest && (outcome.done || !outcome.retry)) pending.newest = undefined;
  return outcome;
}

async function sendReply(reply: Reply, pending: Pending, sink: Sink): Promise<MessageOutcome> {
  const outcome = await sink.reply(reply.content, backgroundTimeoutMs, reply.uncertain);
  const rest = pending.replies.slice(1);
  const again = !outcome.done && outcome.retry && reply.tries < mostTries;
  pending.replies = again
    ? [{ ...reply, tries: reply.tries + 1, uncertain: reply.uncertain || outcome.uncertain }, ...rest]
    : rest;
  return outcome;
}
