import type { Attempt, ChannelMessage, CourtesyOutcome } from '../core/courtesy.ts';

/** A channel of people. Never throws: a message that could not be sent is an outcome. */
export interface Channel {
  readonly name: string;
  /** Sends the message once for each marker, as far as the channel can be read back. */
  readonly send: (message: ChannelMessage, attempt: Attempt) => Promise<CourtesyOutcome>;
  /** Why messages could not be sent, found without sending one; undefined where they could. */
  readonly check: (attempt: Attempt) => Promise<string | undefined>;
}
