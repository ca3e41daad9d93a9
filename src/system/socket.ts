import { createConnection } from 'node:net';

/** A unix socket's path, or a TCP address as host and port. */
export type SocketAddress = string | { readonly host: string; readonly port: number };

/** Sends one text, reads until the other side closes. Rejects with a plain Error where it cannot be reached or stays silent. */
export function askSocket(address: SocketAddress, text: string, timeoutMs: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket =
      typeof address === 'string' ? createConnection(address) : createConnection(address.port, address.host);
    let answer = '';
    socket.setEncoding('utf8');
    socket.setTimeout(timeoutMs, () => socket.destroy(new Error(`no answer within ${timeoutMs} ms`)));
    socket.on('connect', () => socket.write(text));
    socket.on('data', (chunk: string) => (answer += chunk));
    socket.on('end', () => resolve(answer));
    socket.on('error', reject);
  });
}
