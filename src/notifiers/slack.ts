import type { WebClient } from '@slack/web-api';
import type { ChannelMessage, MessageOutcome, MessageAddress } from '../core/courtesy.ts';
import type { Channel } from './channel.ts';
import { type ApiSettings, connect, outcomeOf } from './slack/client.ts';
import { metadataOf } from './slack/metadata.ts';
import { renderSlackMessage } from './slack/message.ts';
import { createSlackThread, findMessage } from './slack/thread.ts';

/** Of the scopes that the token needs, the ones beyond posting. */
const historyScopes = ['channels:history', 'groups:history'];

/** Slack's Web API: a message carries its marker as metadata, and is found again by it. */
export function createSlackChannel(settings: ApiSettings, token: string | undefined): Channel {
  const { channel } = settings;
  return {
    name: 'slack',
    send: async (message, attempt) => {
      let posting = false;
      try {
        const client = await connect(settings, token, attempt);
        const found = attempt.uncertain ? await findMessage(client, channel, message) : undefined;
        if (found)
          return { done: true, summary: `the message is in ${channel} already`, address: { channel, ts: found } };
        posting = true;
        return await post(client, channel, message);
      } catch (error) {
        return outcomeOf(error, posting || attempt.uncertain);
      }
    },
    check: async (attempt) => {
      try {
        const client = await connect(settings, token, attempt);
        const { response_metadata: { scopes } = {} } = await client.auth.test();
        if (!scopes || historyScopes.some((scope) => scopes.includes(scope))) return undefined;
        return 'the token lacks channels:history, without which a message cannot be found again after a crash';
      } catch (error) {
        const outcome = outcomeOf(error, false);
        return outcome.done ? undefined : outcome.because;
      }
    },
    thread: createSlackThread(settings, token),
  };
}

async function post(client: WebClient, channel: string, message: ChannelMessage): Promise<MessageOutcome> {
  const answer = await client.apiCall('chat.postMessage', {
    channel,
    ...renderSlackMessage(message),
    unfurl_links: false,
    unfurl_media: false,
    metadata: metadataOf(message),
  });
  const address = addressIn(answer, channel);
  return { done: true, summary: `sent to ${channel}`, ...(address ? { address } : {}) };
}

/** The answer names the id of the channel, also where a name was posted to. */
function addressIn(answer: object, fallback: string): MessageAddress | undefined {
  const { ts, channel } = answer as { readonly ts?: unknown; readonly channel?: unknown };
  return typeof ts === 'string' ? { ts, channel: typeof channel === 'string' ? channel : fallback } : undefined;
}
