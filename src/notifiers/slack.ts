import type { WebClient } from '@slack/web-api';
import type { Attempt, ChannelMessage, CourtesyOutcome, SlackSettings } from '../core/courtesy.ts';
import { networkCause } from '../core/network-cause.ts';
import type { Channel } from './channel.ts';
import { renderSlackMessage } from './slack/message.ts';

type ApiSettings = Extract<SlackSettings, { driver: 'slack' }>;

const eventType = 'shiproom_message';
/** Of the scopes that the token needs, the ones beyond posting. */
const historyScopes = ['channels:history', 'groups:history'];
/** Messages read of the history, from the newest of the time since the run started. */
const mostMessages = 200;

/** Slack's Web API: a message carries its marker as metadata, and is found again by it. */
export function createSlackChannel(settings: ApiSettings, token: string | undefined): Channel {
  const { channel } = settings;
  const find = async (client: WebClient, { marker, notBefore }: ChannelMessage): Promise<string | undefined> => {
    const oldest = String(Math.floor(Date.parse(notBefore) / 1000) - 1);
    const { messages = [] } = await client.conversations.history({
      channel,
      oldest,
      include_all_metadata: true,
      limit: mostMessages,
    });
    return messages.find(({ metadata }) => markerIn(metadata) === marker)?.ts;
  };
  return {
    name: 'slack',
    send: async (message, attempt) => {
      let posting = false;
      try {
        const client = await connect(settings, token, attempt);
        if (attempt.uncertain && (await find(client, message)) !== undefined)
          return { done: true, summary: `the message is in ${channel} already` };
        posting = true;
        await client.apiCall('chat.postMessage', {
          channel,
          ...renderSlackMessage(message),
          unfurl_links: false,
          unfurl_media: false,
          metadata: { event_type: eventType, event_payload: { marker: message.marker } },
        });
        return { done: true, summary: `sent to ${channel}` };
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
  };
}

async function connect({ url }: ApiSettings, token: string | undefined, attempt: Attempt): Promise<WebClient> {
  const { WebClient: Client, LogLevel } = await import('@slack/web-api');
  return new Client(token, {
    slackApiUrl: url,
    // Retried by the rollback itself, which has a limit of its own.
    retryConfig: { retries: 0 },
    rejectRateLimitedCalls: true,
    timeout: attempt.timeoutMs,
    logLevel: LogLevel.ERROR,
    logger: silent,
    fetch: (address, init) => fetch(address, { ...init, signal: signalOf(attempt) }),
  });
}

const signalOf = ({ signal, timeoutMs }: Attempt): AbortSignal =>
  AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);

/** The client would print requests on the terminal. */
const silent = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
  setLevel: () => undefined,
  getLevel: () => 'error' as never,
  setName: () => undefined,
};

const markerIn = (metadata: unknown): unknown => {
  const { event_type: type, event_payload: payload } = (metadata ?? {}) as Record<string, unknown>;
  return type === eventType ? (payload as { marker?: unknown } | undefined)?.marker : undefined;
};

/** Errors of Slack that another attempt can get past. */
const passing = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'ratelimited',
  'rate_limited',
  'request_timeout',
]);

interface SlackError {
  readonly code?: string;
  readonly retryAfter?: number;
  readonly statusCode?: number;
  readonly original?: unknown;
  readonly data?: { readonly error?: string; readonly needed?: string };
}

function outcomeOf(error: unknown, uncertain: boolean): CourtesyOutcome {
  const { code, retryAfter, statusCode, original, data } = error as SlackError;
  const failed = (because: string, more: { retry: boolean; uncertain: boolean; retryAfterMs?: number }) =>
    ({ done: false, because: `Slack: ${because}`, ...more }) as const;
  if (code === 'slack_webapi_rate_limited_error')
    return failed('rate limited', { retry: true, uncertain: false, retryAfterMs: (retryAfter ?? 1) * 1000 });
  if (code === 'slack_webapi_platform_error') {
    const reason = data?.error ?? 'refused without a reason';
    const needed = data?.needed === undefined ? '' : ` (needs ${data.needed})`;
    return failed(`${reason}${needed}`, { retry: passing.has(reason), uncertain: false });
  }
  if (code === 'slack_webapi_http_error')
    return failed(`status ${statusCode ?? 'unknown'}`, {
      retry: true,
      uncertain: (statusCode ?? 500) >= 500 && uncertain,
    });
  const { because, unsent } = networkCause(original ?? error);
  return failed(because, { retry: true, uncertain: uncertain && !unsent });
}
