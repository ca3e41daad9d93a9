import { messageOf } from '../core/errors.ts';
import { networkWords } from '../core/network-cause.ts';

export interface HttpRequest {
  readonly url: string;
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** An answer, or why there was none. */
export type HttpAnswer =
  | {
      readonly ok: true;
      readonly status: number;
      readonly header: (name: string) => string | undefined;
      readonly text: string;
      readonly durationMs: number;
    }
  | { readonly ok: false; readonly error: string; readonly durationMs: number };

/** What is read of an answer's body; a server that never ends its answer must not fill the memory. */
const largestBody = 8 * 1024 * 1024;

/** Asks once. Never throws: a refused connection and a time-out are answers. Redirects are not followed. */
export async function ask(options: HttpRequest): Promise<HttpAnswer> {
  const started = performance.now();
  const deadline = AbortSignal.timeout(options.timeoutMs);
  const signal = options.signal ? AbortSignal.any([deadline, options.signal]) : deadline;
  try {
    const response = await fetch(options.url, {
      method: options.method ?? 'GET',
      headers: { ...(options.json === undefined ? {} : { 'content-type': 'application/json' }), ...options.headers },
      ...(options.json === undefined ? {} : { body: JSON.stringify(options.json) }),
      redirect: 'manual',
      signal,
    });
    const text = await readBody(response);
    return {
      ok: true,
      status: response.status,
      header: (name) => response.headers.get(name) ?? undefined,
      text,
      durationMs: performance.now() - started,
    };
  } catch (error) {
    const why = deadline.aborted ? `no answer within ${options.timeoutMs} ms` : causeOf(error);
    return { ok: false, error: why, durationMs: performance.now() - started };
  }
}

async function readBody(response: Response): Promise<string> {
  if (!response.body) return '';
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > largestBody) throw new Error(`the answer is larger than ${largestBody} characters`);
  }
  return text + decoder.decode();
}

/** fetch hides the reason one level down: `fetch failed` is caused by `connect ECONNREFUSED 127.0.0.1:1`. */
function causeOf(error: unknown): string {
  if (error instanceof Error && error.cause instanceof Error) {
    const { cause } = error;
    return networkWords(cause.message || ('code' in cause ? String(cause.code) : cause.name));
  }
  return messageOf(error);
}
