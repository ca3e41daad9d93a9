import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';
import { messageOf } from '../core/errors.ts';
import { networkWords } from '../core/network-cause.ts';

/** The head of an answer, or why there was none. */
export type FreshAnswer =
  | { readonly ok: true; readonly status: number; readonly header: (name: string) => string | undefined }
  | { readonly ok: false; readonly error: string };

/** A body is read to its end, so that the server does not count an interrupted answer, up to this size. */
const largestBody = 1024 * 1024;

/**
 * Asks once with GET over a connection of its own, without cookies: what keeps a connection or a user on one instance then
 * has no effect. Never throws, follows no redirect.
 */
export function askAfresh(options: {
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
}): Promise<FreshAnswer> {
  const { url, headers, timeoutMs } = options;
  const deadline = AbortSignal.timeout(timeoutMs);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  const start = url.startsWith('https:') ? requestHttps : requestHttp;
  return new Promise((resolve) => {
    const fail = (error: unknown) =>
      resolve({
        ok: false,
        error: deadline.aborted ? `no answer within ${timeoutMs} ms` : networkWords(messageOf(error)),
      });
    const request = start(url, { agent: false, headers: { ...headers, connection: 'close' }, signal }, (response) => {
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > largestBody) response.destroy();
      });
      response.on('error', () => undefined);
      response.on('close', () => {
        if (signal.aborted) fail(new Error('interrupted'));
        const header = (name: string) => {
          const value = response.headers[name.toLowerCase()];
          return Array.isArray(value) ? value[0] : value;
        };
        resolve({ ok: true, status: response.statusCode ?? 0, header });
      });
    });
    request.on('error', fail);
    request.end();
  });
}
