import { networkCause } from '../core/network-cause.ts';
import type { Attempt, ChannelMessage, CourtesyOutcome } from '../core/courtesy.ts';
import type { Channel } from './channel.ts';
import { renderSlackMessage } from './slack/message.ts';

/** An incoming webhook: it posts, and what was posted cannot be read back, so an uncertain message is not sent again. */
export function createSlackWebhook(address: string | undefined): Channel {
  const problem =
    address === undefined || !/^https?:\/\//.test(address) || !URL.canParse(address)
      ? 'the variable of the webhook holds no http or https address'
      : undefined;
  return {
    name: 'slack-webhook',
    send: async (message, attempt) => {
      if (problem !== undefined) return failed(problem, { retry: false, uncertain: false });
      const doubt = 'an earlier attempt may have been delivered, so it is not sent again; look into the channel';
      if (attempt.uncertain) return failed(doubt, { retry: false, uncertain: true });
      return send(address ?? '', message, attempt);
    },
    check: async () => problem,
  };
}

type Failure = Omit<Extract<CourtesyOutcome, { done: false }>, 'done' | 'because'>;

const failed = (because: string, failure: Failure): CourtesyOutcome => ({
  done: false,
  because: `Slack webhook: ${because}`,
  ...failure,
});

interface WebhookError {
  readonly code?: string;
  readonly statusCode?: number;
  readonly original?: unknown;
}

/** The address is a secret, and the client's messages may hold it: only status and cause are repeated. */
async function send(
  address: string,
  message: ChannelMessage,
  { signal, timeoutMs }: Attempt,
): Promise<CourtesyOutcome> {
  let retryAfterMs: number | undefined;
  try {
    const { IncomingWebhook } = await import('@slack/webhook');
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const webhook = new IncomingWebhook(address, {
      fetch: async (url, init) => {
        const response = await fetch(url, { ...init, signal: limit });
        const seconds = /^\d+$/.exec(response.headers.get('retry-after') ?? '')?.[0];
        retryAfterMs = seconds === undefined ? undefined : Number(seconds) * 1000;
        return response;
      },
    });
    const { text, blocks } = renderSlackMessage(message);
    const answer = await webhook.send({ text, blocks, unfurl_links: false, unfurl_media: false });
    // A webhook that delivers answers `ok`, with status 200 as well as one that does not.
    if (answer.text.trim() !== 'ok')
      return failed(`answered ${JSON.stringify(answer.text.slice(0, 100))}`, { retry: true, uncertain: false });
    return { done: true, summary: 'sent by the webhook' };
  } catch (error) {
    const { code, statusCode = 0, original } = error as WebhookError;
    if (code === 'slack_webhook_http_error') {
      // An error status is the answer of a server that did not deliver it.
      const retry = statusCode >= 500 || statusCode === 429;
      const wait = retryAfterMs === undefined ? {} : { retryAfterMs };
      return failed(`status ${statusCode}`, { retry, uncertain: false, ...wait });
    }
    const { because, unsent } = networkCause(original ?? error);
    return failed(because.replaceAll(address, '…'), { retry: unsent, uncertain: !unsent });
  }
}
