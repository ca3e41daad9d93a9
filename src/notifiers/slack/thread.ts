import type { WebClient } from '@slack/web-api';
import type { Attempt, ChannelMessage, MessageOutcome, MessageAddress } from '../../core/courtesy.ts';
import type { MessageThread } from '../channel.ts';
import { type ApiSettings, connect, outcomeOf } from './client.ts';
import { renderSlackMessage } from './message.ts';
import { metadataOf, readMetadata } from './metadata.ts';

/** Messages read of the history, from the newest of the time since the run started. */
const mostMessages = 200;

/** The message of this marker, sent since its time. */
export async function findMessage(
  client: WebClient,
  channel: string,
  { marker, notBefore }: ChannelMessage,
): Promise<string | undefined> {
  const oldest = String(Math.floor(Date.parse(notBefore) / 1000) - 1);
  const query = { channel, oldest, include_all_metadata: true, limit: mostMessages };
  const { messages = [] } = await client.conversations.history(query);
  return messages.find(({ metadata }) => readMetadata(metadata).marker === marker)?.ts;
}

/** Changes a message and answers in its thread. What is repeated is found by its marker first. */
export function createSlackThread(settings: ApiSettings, token: string | undefined): MessageThread {
  const call = async (
    attempt: Attempt,
    perform: (client: WebClient) => Promise<MessageOutcome>,
  ): Promise<MessageOutcome> => {
    try {
      return await perform(await connect(settings, token, attempt));
    } catch (error) {
      return outcomeOf(error, true);
    }
  };
  return {
    update: (address, message, attempt) =>
      call(attempt, async (client) => {
        const { channel, ts } = address;
        // Unlike a new message, a changed one is parsed for mentions and links unless the request turns that off.
        const content = { ...renderSlackMessage(message), parse: 'none', metadata: metadataOf(message) };
        await client.apiCall('chat.update', { channel, ts, ...content });
        return { done: true, summary: `updated in ${channel}`, address };
      }),
    reply: (address, message, attempt) =>
      call(attempt, async (client) => {
        if (attempt.uncertain && (await hasReply(client, address, message)))
          return { done: true, summary: 'the reply is in the thread already', address };
        await client.apiCall('chat.postMessage', {
          channel: address.channel,
          thread_ts: address.ts,
          ...renderSlackMessage(message),
          unfurl_links: false,
          unfurl_media: false,
          metadata: metadataOf(message),
        });
        return { done: true, summary: `replied in ${address.channel}`, address };
      }),
    confirm: (address, message, attempt) => call(attempt, (client) => readBack(client, address, message)),
  };
}

async function hasReply(
  client: WebClient,
  { channel, ts }: MessageAddress,
  { marker }: ChannelMessage,
): Promise<boolean> {
  const query = { channel, ts, include_all_metadata: true, limit: mostMessages };
  const { messages = [] } = await client.conversations.replies(query);
  return messages.some(({ metadata }) => readMetadata(metadata).marker === marker);
}

/** Metadata and content of a message change together, so its revision shows which content is there. */
async function readBack(
  client: WebClient,
  address: MessageAddress,
  { marker, revision }: ChannelMessage,
): Promise<MessageOutcome> {
  const { channel, ts } = address;
  const query = { channel, oldest: ts, latest: ts, inclusive: true, include_all_metadata: true, limit: 1 };
  const { messages = [] } = await client.conversations.history(query);
  const found = messages.find((message) => message.ts === ts);
  const failed = (because: string, retry: boolean): MessageOutcome => ({
    done: false,
    because: `Slack: ${because}`,
    retry,
    uncertain: false,
  });
  if (!found)
    return { done: false, because: `Slack: no message ${ts} in ${channel}`, retry: true, uncertain: false, gone: true };
  const read = readMetadata(found.metadata);
  if (read.marker !== marker)
    return failed('the message has no metadata of this run: give the token the scope metadata.message:read', false);
  if (read.revision !== revision) return failed(`the message in ${channel} is of an earlier version`, true);
  return { done: true, summary: `read back from ${channel}`, address };
}
