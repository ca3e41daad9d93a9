import type { AnnouncementEvidence } from '../../core/announcement.ts';
import type { MessageOutcome } from '../../core/courtesy.ts';
import { messageOf } from '../../core/errors.ts';
import {
  type Announcer,
  type Announcing,
  attemptOf,
  backgroundTimeoutMs,
  finalTimeoutMs,
  insist,
  messageFrom,
  undelivered,
} from './announcer.ts';

type Sent = ReturnType<Announcer['state']>['sent'];

/** The revision of the message at the start. */
const start = 'start';

/**
 * A webhook posts only: one message at the start and one at the end. What was posted cannot be read back, so the state that it is
 * about to be posted is kept first, and a message whose delivery is unknown is not repeated.
 */
export function announceByWebhook(announcing: Announcing): Announcer {
  const memory = openMemory(announcing);
  let begun = (announcing.resumed ?? false) || memory.sent() !== undefined;
  let inFlight: Promise<void> = Promise.resolve();
  return {
    update: (facts) => {
      if (begun) return;
      begun = true;
      inFlight = postStart(announcing, memory, facts);
    },
    stage: () => undefined,
    conclude: async (facts) => {
      begun = true;
      await inFlight;
      return conclude(announcing, memory, facts);
    },
    state: () => stateOf(memory.sent()),
    [Symbol.asyncDispose]: () => inFlight,
  };
}

interface Memory {
  readonly sent: () => Sent;
  readonly remember: (sent: Sent) => Promise<void>;
}

const stateOf = (sent: Sent) => (sent ? { sent } : {});

function openMemory({ state, keep }: Announcing): Memory {
  let sent = state?.sent;
  return {
    sent: () => sent,
    remember: async (next) => {
      sent = next;
      await keep?.(stateOf(next));
    },
  };
}

async function postStart(
  announcing: Announcing,
  { remember }: Memory,
  facts: Parameters<Announcer['update']>[0],
): Promise<void> {
  const { channel, note } = announcing;
  try {
    const message = messageFrom(announcing, announcing.textOf(facts));
    await remember({ revision: start, certain: false });
    const outcome = await channel.send(message, attemptOf(backgroundTimeoutMs, false));
    if (outcome.done) await remember({ revision: start, certain: true });
    else note(`the start of the release is not announced: ${outcome.because}`);
  } catch (error) {
    note(`the start of the release is not announced: ${messageOf(error)}`);
  }
}

async function conclude(
  announcing: Announcing,
  { sent, remember }: Memory,
  facts: Parameters<Announcer['conclude']>[0],
): Promise<AnnouncementEvidence> {
  const { channel, clock, note } = announcing;
  const { word, because } = facts.verdict;
  const text = announcing.textOf(facts);
  // Times in the message differ after a kill, and it is the same message.
  const { revision = '' } = messageFrom(announcing, {
    title: text.title,
    facts: [['', because]],
    lists: [],
    links: [],
  });
  const delivered = { kind: 'announcement', state: 'delivered', channel: channel.name, word, readBack: false } as const;
  const before = sent();
  if (before?.revision === revision && before.certain)
    return { ...delivered, attempts: 0, because: 'sent by the webhook before' };
  let uncertain = before?.revision === revision;
  const { outcome, attempts } = await insist(announcing, clock.monotonic() + announcing.retryMs, async () => {
    try {
      await remember({ revision, certain: false });
      const posted: MessageOutcome = await channel.send(
        messageFrom(announcing, text),
        attemptOf(finalTimeoutMs, uncertain),
      );
      if (!posted.done) uncertain ||= posted.uncertain;
      if (!posted.done && !uncertain) await remember(before);
      return posted;
    } catch (error) {
      return { done: false, because: messageOf(error), retry: true, uncertain };
    }
  });
  if (!outcome.done) return undelivered(announcing, outcome, { word, attempts });
  await remember({ revision, certain: true }).catch((error: unknown) => note(messageOf(error)));
  return { ...delivered, attempts, because: outcome.summary };
}
