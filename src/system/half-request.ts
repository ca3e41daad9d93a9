import { type IncomingMessage, request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';

export interface HalfRequest {
  /** Sends the rest of the body and resolves with the answer, or with why there was none. */
  readonly finish: () => Promise<HalfAnswer>;
}

export type HalfAnswer =
  | { readonly status: number; readonly text: string; readonly header: (name: string) => string | undefined }
  | { readonly status: null; readonly error: string };

interface HalfOf {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly json: unknown;
  readonly timeoutMs: number;
}

/**
 * A request on a connection of its own whose headers and half of the body are on the wire when the promise resolves: the
 * server has it in flight, however fast it is.
 */
export async function sendHalf({ url, method, headers, json, timeoutMs }: HalfOf): Promise<HalfRequest> {
  const body = Buffer.from(JSON.stringify(json));
  const half = Math.floor(body.length / 2);
  const send = new URL(url).protocol === 'https:' ? httpsRequest : httpRequest;
  const request = send(url, {
    method,
    agent: false,
    timeout: timeoutMs,
    headers: { ...headers, 'content-type': 'application/json', 'content-length': body.length },
  });
  const answer = new Promise<HalfAnswer>((resolve) => {
    const fail = (error: Error) => resolve({ status: null, error: error.message });
    request.on('error', fail);
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    request.on('response', (response) => void readAnswer(response).then(resolve, fail));
  });
  await new Promise<void>((resolve) => {
    request.once('error', () => resolve());
    request.write(body.subarray(0, half), () => resolve());
  });
  return {
    finish: () => {
      request.end(body.subarray(half));
      return answer;
    },
  };
}

async function readAnswer(response: IncomingMessage): Promise<HalfAnswer> {
  let text = '';
  response.setEncoding('utf8');
  for await (const chunk of response) text += String(chunk);
  return {
    status: response.statusCode ?? 0,
    text,
    header: (name) => {
      const value = response.headers[name.toLowerCase()];
      return Array.isArray(value) ? value[0] : value;
    },
  };
}
