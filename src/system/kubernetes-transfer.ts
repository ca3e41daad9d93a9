import { request as requestHttp, type IncomingMessage } from 'node:http';
import { request as requestHttps, type RequestOptions } from 'node:https';

export interface Reply {
  readonly status: number;
  readonly text: string;
}

const largestAnswer = 32 * 1024 * 1024;

/** A connection that was kept open, and that the server had closed. */
export class StaleConnection extends Error {}

/** One request, without redirects. */
export function transfer(url: URL, options: RequestOptions, data: Buffer | undefined): Promise<Reply> {
  const start = url.protocol === 'http:' ? requestHttp : requestHttps;
  return new Promise((resolve, reject) => {
    const request = start(url, options, (response) => {
      readText(response).then((text) => resolve({ status: response.statusCode ?? 0, text }), reject);
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

async function readText(response: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of response) {
    chunks.push(chunk as Buffer);
    length += (chunk as Buffer).length;
    if (length > largestAnswer) throw new Error(`the answer is larger than ${largestAnswer} bytes`);
  }
  return Buffer.concat(chunks).toString('utf8');
}
