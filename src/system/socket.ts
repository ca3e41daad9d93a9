import { createConnection } from 'node:net';

/** A unix socket's path, or a TCP address as host and port. */
export type SocketAddress = string | { readonly host: string; readonly port: number };

/**
 * Sends one text, reads until the other side closes. Rejects with a plain Error where it cannot be reached, the whole answer
 * is not there in time, or the signal is aborted.
 */
export function askSocket(
  address: SocketAddress,
  text: string,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal?: AbortSignal | undefined },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket =
      typeof address === 'string' ? createConnection(address) : createConnection(address.port, address.host);
    const timer = setTimeout(
      () => socket.destroy(new Error(`not finished within its limit of ${timeoutMs / 1000} s`)),
      timeoutMs,
    );
    const onAbort = () => socket.destroy(new Error('interrupted'));
    signal?.addEventListener('abort', onAbort, { once: true });
    if (signal?.aborted) onAbort();
    let answer = '';
    socket.setEncoding('utf8');
    socket.on('connect', () => socket.write(text));
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
    socket.on('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
    });
  });
}
