import { createHash } from 'node:crypto';
import type {
  AnnouncedStage,
  AnnouncementEvidence,
  AnnouncementFacts,
  AnnouncementState,
  AnnouncementText,
} from '../../core/announcement.ts';
import type { Attempt, ChannelMessage, MessageOutcome } from '../../core/courtesy.ts';
import { type Mask, maskValue } from '../../core/redact.ts';
import { formatMs } from '../../core/slo.ts';
import type { Channel } from '../../notifiers/index.ts';
import type { Clock } from '../../system/clock.ts';

/** The one message of a release (3.4b). */
export interface Announcer extends AsyncDisposable {
  /** Shows where the release is. In the background and never throws: of several in a row the last one is sent. */
  readonly update: (facts: AnnouncementFacts) => void;
  /** Answers in the thread of the message. In the background and never throws. */
  readonly stage: (stage: AnnouncedStage) => void;
  /** Shows the verdict, or why the release is paused; tried again for a bounded time. Never throws. */
  readonly conclude: (
    facts: AnnouncementFacts & Required<Pick<AnnouncementFacts, 'verdict'>>,
  ) => Promise<AnnouncementEvidence>;
  /** What a resumed run needs to change the same message. */
  readonly state: () => AnnouncementState;
}

export interface AnnouncerContext {
  readonly runId: string;
  /** ISO 8601: when the run began; its message is not older. */
  readonly startedAt: string;
  /** The value of an environment variable. */
  readonly secret: (name: string) => string | undefined;
  readonly mask: Mask;
  readonly clock: Clock;
  readonly note: (text: string) => void;
  /** Of the run: once it is aborted, nothing is tried again. */
  readonly signal?: AbortSignal;
  /** Of an earlier part of the run. */
  readonly state?: AnnouncementState | undefined;
  /** An earlier part of the run may have sent what the state does not have. */
  readonly resumed?: boolean;
  /** Keeps the state; a message by a webhook waits for it. */
  readonly keep?: ((state: AnnouncementState) => Promise<void>) | undefined;
}

export interface Announcing extends AnnouncerContext {
  readonly channel: Channel;
  /** How long the last message is tried again. */
  readonly retryMs: number;
  readonly textOf: (facts: AnnouncementFacts) => AnnouncementText;
}

/** Limit of one request while the release goes on, and of one at its end. */
export const backgroundTimeoutMs = 5000;
export const finalTimeoutMs = 10_000;

const firstPauseMs = 1000;
const longestPauseMs = 15_000;

/** The message of this run, masked; its revision is that of its content. */
export function messageFrom(
  { runId, startedAt, mask }: Announcing,
  text: AnnouncementText,
  part = 'release',
): ChannelMessage {
  const masked = maskValue(text, mask);
  const revision = createHash('sha256').update(JSON.stringify(masked)).digest('hex').slice(0, 16);
  return { ...masked, marker: `${runId} ${part}`, notBefore: startedAt, revision };
}

export const attemptOf = (timeoutMs: number, uncertain: boolean): Attempt => ({
  // The end of a run does not end its messages: each has a time limit of its own.
  signal: new AbortController().signal,
  timeoutMs,
  uncertain,
});

type Failed = Extract<MessageOutcome, { done: false }>;

/** Repeats an attempt with growing pauses, as long as it can succeed and the time is not over. */
export async function insist(
  { clock, note, signal }: Pick<Announcing, 'clock' | 'note' | 'signal'>,
  deadline: number,
  perform: () => Promise<MessageOutcome>,
): Promise<{ readonly outcome: MessageOutcome; readonly attempts: number }> {
  for (let attempts = 1, pauseMs = firstPauseMs; ; attempts += 1, pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
    const outcome = await perform();
    const waitMs = Math.max(pauseMs, outcome.done ? 0 : (outcome.retryAfterMs ?? 0));
    const leftMs = deadline - clock.monotonic();
    if (outcome.done || !outcome.retry || waitMs > leftMs || signal?.aborted) return { outcome, attempts };
    note(`the announcement is not delivered yet: ${outcome.because}; tried again in ${formatMs(waitMs)}`);
    await clock.sleep(waitMs, signal);
  }
}

/** Evidence of a message that was not delivered. */
export const undelivered = (
  { channel }: Announcing,
  { because, uncertain }: Failed,
  facts: { readonly word: 'GO' | 'NO-GO' | 'HOLD'; readonly attempts: number },
): AnnouncementEvidence => ({
  kind: 'announcement',
  state: 'undelivered',
  channel: channel.name,
  readBack: false,
  ...facts,
  because: uncertain ? `${because}; it may have been delivered` : because,
});
