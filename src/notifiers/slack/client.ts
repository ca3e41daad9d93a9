import type { WebClient } from '@slack/web-api';
import type { Attempt, MessageOutcome, SlackSettings } from '../../core/courtesy.ts';
import { networkCause } from '../../core/network-cause.ts';

export type ApiSettings = Extract<SlackSettings, { driver: 'slack' }>;

export async function connect({ url }: ApiSettings, token: string | undefined, attempt: Attempt): Promise<WebClient> {
  const { WebClient: Client, LogLevel } = await import('@slack/web-api');
  return new Client(token, {
    slackApiUrl: url,
    // Retried by the caller, which has a limit of its own.
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

/** Errors of Slack that another attempt can get past. */
const passing = new Set([
  'internal_error',
  'fatal_error',
  'service_unavailable',
  'ratelimited',
  'rate_limited',
  'request_timeout',
]);

/** The message to change does not exist any more, or cannot be changed: a new one takes its place. */
const gone = new Set(['message_not_found', 'cant_update_message', 'edit_window_closed', 'thread_not_found']);

interface SlackError {
  readonly code?: string;
  readonly retryAfter?: number;
  readonly statusCode?: number;
  readonly original?: unknown;
  readonly data?: { readonly error?: string; readonly needed?: string };
}

/** What an exception of the client means. `uncertain`: the request that failed may have taken effect. */
export function outcomeOf(error: unknown, uncertain: boolean): MessageOutcome {
  const { code, retryAfter, statusCode, original, data } = error as SlackError;
  const failed = (because: string, more: Omit<Failure, 'done' | 'because'>) =>
    ({ done: false, because: `Slack: ${because}`, ...more }) as const;
  if (code === 'slack_webapi_rate_limited_error')
    return failed('rate limited', { retry: true, uncertain: false, retryAfterMs: (retryAfter ?? 1) * 1000 });
  if (code === 'slack_webapi_platform_error') {
    const reason = data?.error ?? 'refused without a reason';
    const needed = data?.needed === undefined ? '' : ` (needs ${data.needed})`;
    const lost = gone.has(reason) ? { gone: true as const } : {};
    return failed(`${reason}${needed}`, { retry: passing.has(reason), uncertain: false, ...lost });
  }
  if (code === 'slack_webapi_http_error')
    return failed(`status ${statusCode ?? 'unknown'}`, {
      retry: true,
      uncertain: (statusCode ?? 500) >= 500 && uncertain,
    });
  const { because, unsent } = networkCause(original ?? error);
  return failed(because, { retry: true, uncertain: uncertain && !unsent });
}

type Failure = Extract<MessageOutcome, { done: false }>;
