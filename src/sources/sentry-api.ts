import type { z } from 'zod';
import type { SentrySettings } from '../core/courtesy.ts';
import { parseJson } from '../core/parsed-json.ts';
import { askAgain } from '../system/ask-again.ts';
import type { Clock } from '../system/clock.ts';

export interface ApiCall {
  readonly token: string | undefined;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

export type ApiAnswer<T> =
  | { readonly value: T }
  /** `status`: absent where there was no answer, or one that is not of the interface. */
  | { readonly problem: string; readonly status?: number };

const requestTimeoutMs = 10_000;
/** A list that does not end is no answer. */
const mostPages = 100;

/** GET requests to Sentry's Web API. Never throws; a refusal that may pass is tried again. */
export interface SentryApi {
  readonly get: <T>(path: string, schema: z.ZodType<T>) => Promise<ApiAnswer<T>>;
  /** Every page of a list, as the Link headers name them. */
  readonly list: <T>(path: string, query: URLSearchParams, entry: z.ZodType<T>) => Promise<ApiAnswer<readonly T[]>>;
}

interface Page {
  readonly text: string;
  readonly link: string | undefined;
}

export function createSentryApi({ url }: Pick<SentrySettings, 'url'>, call: ApiCall): SentryApi {
  const ask = async (path: string): Promise<Page | Extract<ApiAnswer<never>, { problem: string }>> => {
    const headers = { authorization: `Bearer ${call.token ?? 'none'}` };
    const answer = await askAgain({ url: `${url}/api/0${path}`, headers, timeoutMs: requestTimeoutMs }, call);
    if (!answer.ok) return { problem: `Sentry: ${answer.error}` };
    if (answer.status !== 200)
      return { problem: `Sentry: ${describeStatus(answer.status, path)}`, status: answer.status };
    return { text: answer.text, link: answer.header('link') };
  };
  return {
    get: async (path, schema) => {
      const answer = await ask(path);
      if ('problem' in answer) return answer;
      const parsed = schema.safeParse(parseJson(answer.text));
      return parsed.success ? { value: parsed.data } : { problem: wrongAnswer(path, answer.text) };
    },
    list: async (path, query, entry) => {
      const entries: z.output<typeof entry>[] = [];
      let cursor: string | undefined;
      for (let page = 0; page < mostPages; page += 1) {
        const asked = new URLSearchParams(query);
        if (cursor !== undefined) asked.set('cursor', cursor);
        const answer = await ask(`${path}?${asked}`);
        if ('problem' in answer) return answer;
        const parsed = entry.array().safeParse(parseJson(answer.text));
        if (!parsed.success) return { problem: wrongAnswer(path, answer.text) };
        entries.push(...parsed.data);
        const next = nextCursor(answer.link);
        if (next === 'unreadable') return { problem: `Sentry: the Link header of ${path} is not readable` };
        if (next === undefined) return { value: entries };
        cursor = next;
      }
      return { problem: `Sentry: ${path} has more than ${mostPages} pages` };
    },
  };
}

const wrongAnswer = (path: string, text: string): string =>
  `Sentry: the answer to ${path.split('?')[0]} is not that of the interface: ${text.trim().slice(0, 80) || 'empty'}`;

const describeStatus = (status: number, path: string): string =>
  `${path.split('?')[0]} answered ${status}${status === 401 || status === 403 ? '; the token needs org:read, project:read and alerts:read' : ''}`;

/**
 * The cursor of the next page, where Sentry states that it has results. An answer without the header is one page: older
 * versions send none for a list that is whole.
 */
export function nextCursor(link: string | undefined): string | undefined {
  if (link === undefined) return undefined;
  const next = link.split(/,\s*(?=<)/).find((part) => /;\s*rel="next"/.test(part));
  if (next === undefined) return undefined;
  const results = /;\s*results="(true|false)"/.exec(next)?.[1];
  const cursor = /;\s*cursor="([^"]+)"/.exec(next)?.[1];
  if (results === undefined || cursor === undefined) return 'unreadable';
  return results === 'true' ? cursor : undefined;
}
