import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly text: string;
  /** In the place of the text, while they arrive. */
  readonly lines?: AsyncIterable<string>;
}

/** Reads an answer. */
export type Receive = (response: IncomingMessage) => Promise<Reply>;

const largestAnswer = 32 * 1024 * 1024;

/** A connection that was kept open, and that the server had closed. */
export class StaleConnection extends Error {}

/** One request, without redirects. */
export function transfer(
  url: URL,
  options: RequestOptions,
  { data, receive }: { readonly data: Buffer | undefined; readonly receive: Receive },
): Promise<Reply> {
  const start = url.protocol === 'http:' ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const request = start(url, options, (response) => {
      receive(response).then(resolve, reject);
    });
    request.on('error', (error) =>
      reject(
        request.reusedSocket && 'code' in error && error.code === 'ECONNRESET'
          ? new StaleConnection('', { cause: error })
          : error,
      ),
    );
    request.end(data);
  });
}

const statusOf = ({ statusCode = 0 }: IncomingMessage): number => statusCode;

/** A refusal has a text; what is accepted has lines. */
export const readLines: Receive = async (response) =>
  statusOf(response) === 200 ? { status: 200, text: '', lines: linesOf(response) } : readText(response);

async function* linesOf(response: IncomingMessage): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of response) {
    const [first = '', ...others] = decoder.decode(chunk as Buffer, { stream: true }).split('\n');
    rest += first;
    for (const next of others) {
      yield rest;
      rest = next;
    }
    if (rest.length > largestAnswer) throw new Error(`a line is larger than ${largestAnswer} bytes`);
  }
  if (rest !== '') yield rest;
}

export async function readText(response: IncomingMessage): Promise<Reply> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > largestAnswer) throw new Error(`the answer is larger than ${largestAnswer} bytes`);
  }
  return { status: statusOf(response), text: Buffer.concat(chunks).toString('utf8') };
}
