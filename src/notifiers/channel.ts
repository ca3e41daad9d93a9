import type { Attempt, ChannelMessage, MessageOutcome, MessageAddress } from '../core/courtesy.ts';

/** A channel of people. Never throws: a message that could not be sent is an outcome. */
export interface Channel {
  readonly name: string;
  /** Sends the message once for each marker, as far as the channel can be read back. */
  readonly send: (message: ChannelMessage, attempt: Attempt) => Promise<MessageOutcome>;
  /** Why messages could not be sent, found without sending one; undefined where they could. */
  readonly check: (attempt: Attempt) => Promise<string | undefined>;
  /** Absent where what was posted can be neither changed nor read, as by a webhook. */
  readonly thread?: MessageThread;
}

/** A message that is changed and answered after it was sent. */
export interface MessageThread {
  readonly update: (address: MessageAddress, message: ChannelMessage, attempt: Attempt) => Promise<MessageOutcome>;
  /** Answers in its thread, once for each marker. */
  readonly reply: (address: MessageAddress, message: ChannelMessage, attempt: Attempt) => Promise<MessageOutcome>;
  /** Whether the message is shown in this version, as the channel is read back. */
  readonly confirm: (address: MessageAddress, message: ChannelMessage, attempt: Attempt) => Promise<MessageOutcome>;
}
