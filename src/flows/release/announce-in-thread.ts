import type { AnnouncementEvidence } from '../../core/announcement.ts';
import type { ChannelMessage, MessageOutcome, MessageAddress } from '../../core/courtesy.ts';
import { messageOf } from '../../core/errors.ts';
import type { MessageThread } from '../../notifiers/index.ts';
import { openQueue, type Sink } from './announce-queue.ts';
import {
  type Announcer,
  type Announcing,
  attemptOf,
  finalTimeoutMs,
  insist,
  messageFrom,
  undelivered,
} from './announcer.ts';

/** One message that is changed as the release goes on, and a reply in its thread for each stage. */
export function announceInThread(announcing: Announcing, thread: MessageThread): Announcer {
  const { note, keep } = announcing;
  const message = openMessage(announcing, thread);
  const queue = openQueue(announcing, message);
  const guarded = (what: string, act: () => void): void => {
    try {
      act();
    } catch (error) {
      note(`${what}: ${messageOf(error)}`);
    }
  };
  return {
    update: (facts) =>
      guarded('the release is not announced', () => queue.show(messageFrom(announcing, announcing.textOf(facts)))),
    stage: (stage) => guarded(`the stage ${stage.id} is not announced`, () => queue.answer(stage)),
    conclude: async (facts) => {
      await queue.stop();
      const evidence = await conclude(announcing, message, facts);
      await queue.flush();
      await keep?.(message.state()).catch((error: unknown) => note(messageOf(error)));
      return evidence;
    },
    state: message.state,
    [Symbol.asyncDispose]: queue.stop,
  };
}

interface Message extends Sink {
  readonly confirm: (content: ChannelMessage) => Promise<MessageOutcome>;
  readonly state: () => { readonly address?: MessageAddress };
}

/** The message and where it is. */
function openMessage({ channel, state, resumed = false, keep, note }: Announcing, thread: MessageThread): Message {
  let address = state?.address;
  let uncertain = resumed;
  const keepAddress = (next: MessageAddress | undefined): void => {
    if (next === undefined || next.ts === address?.ts) return;
    address = next;
    void keep?.({ address: next }).catch((error: unknown) => note(messageOf(error)));
  };
  const post = async (content: ChannelMessage, timeoutMs: number): Promise<MessageOutcome> => {
    const wasUncertain = uncertain;
    const outcome = await channel.send(content, attemptOf(timeoutMs, wasUncertain));
    if (!outcome.done) {
      uncertain ||= outcome.uncertain;
      return outcome;
    }
    keepAddress(outcome.address);
    // What was found instead of posted may show an earlier version.
    return wasUncertain && address ? thread.update(address, content, attemptOf(timeoutMs, true)) : outcome;
  };
  return {
    show: async (content, timeoutMs) => {
      if (!address) return post(content, timeoutMs);
      const outcome = await thread.update(address, content, attemptOf(timeoutMs, true));
      if (outcome.done || !outcome.gone) return outcome;
      // It was deleted, or may not be changed any more.
      address = undefined;
      uncertain = false;
      return post(content, timeoutMs);
    },
    reply: async (content, timeoutMs, repeated) =>
      address
        ? thread.reply(address, content, attemptOf(timeoutMs, repeated || resumed))
        : { done: false, because: 'the message of the release is not posted', retry: true, uncertain: false },
    confirm: async (content) =>
      address
        ? thread.confirm(address, content, attemptOf(finalTimeoutMs, false))
        : {
            done: false,
            because: 'the channel did not answer with the id of the message',
            retry: false,
            uncertain: false,
          },
    state: () => (address ? { address } : {}),
  };
}

/** The last message of the run, and what the channel shows of it. */
async function conclude(
  announcing: Announcing,
  message: Message,
  facts: Parameters<Announcer['conclude']>[0],
): Promise<AnnouncementEvidence> {
  const { channel, clock, retryMs } = announcing;
  const { word } = facts.verdict;
  const content = messageFrom(announcing, announcing.textOf(facts));
  const deadline = clock.monotonic() + retryMs;
  const { outcome, attempts } = await insist(announcing, deadline, () => message.show(content, finalTimeoutMs));
  if (!outcome.done) return undelivered(announcing, outcome, { word, attempts });
  const { outcome: read } = await insist(announcing, deadline, () => message.confirm(content));
  return {
    kind: 'announcement',
    state: read.done ? 'delivered' : 'unconfirmed',
    channel: channel.name,
    word,
    ...message.state(),
    readBack: read.done,
    attempts,
    because: read.done ? `${outcome.summary}, ${read.summary}` : `${outcome.summary}; ${read.because}`,
  };
}
