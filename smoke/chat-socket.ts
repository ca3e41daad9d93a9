import type { IncomingHttpHeaders } from 'node:http';
import WebSocket from 'ws';

interface Frame {
  readonly type: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** The answer to the request for an upgrade: of status 101, or an ordinary one that refuses it. */
interface Upgrade {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
}

const timeoutMs = 10_000;
/** A server that leaves a Close frame unanswered is not waited for. */
const closeTimeoutMs = 1000;

/** One side of a job's chat; the token is in a header of the upgrade, which a browser cannot send. */
export class ChatSocket {
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  readonly #waiting = new Set<() => void>();
  #upgrade: Upgrade = { status: 0, headers: {} };

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data: Buffer) => {
      this.#frames.push(JSON.parse(data.toString('utf8')) as Frame);
      for (const wake of this.#waiting) wake();
    });
  }

  static open(url: string, token: string | undefined): Promise<ChatSocket | Upgrade> {
    const sent = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(url, { headers: sent, handshakeTimeout: timeoutMs });
    const chat = new ChatSocket(socket);
    return new Promise((resolve, reject) => {
      socket.once('upgrade', ({ statusCode = 0, headers }) => {
        chat.#upgrade = { status: statusCode, headers };
      });
      socket.once('open', () => resolve(chat));
      socket.once('unexpected-response', (request, response) => {
        resolve({ status: response.statusCode ?? 0, headers: response.headers });
        request.destroy();
      });
      socket.once('error', reject);
    });
  }

  get upgrade(): Upgrade {
    return this.#upgrade;
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The first matching frame, of those received and those to come. */
  async receive(wanted: string, fits: (frame: Frame) => boolean): Promise<Frame> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.#frames.find(fits);
      if (found) return found;
      const leftMs = deadline - Date.now();
      if (leftMs <= 0) throw new Error(`${wanted} was not received within ${timeoutMs / 1000} s; ${this.#received()}`);
      await this.#nextFrame(leftMs);
    }
  }

  #received(): string {
    const types = this.#frames.map(({ type }) => type);
    return types.length === 0 ? 'no frame was' : `received: ${types.join(', ')}`;
  }

  #nextFrame(withinMs: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#waiting.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, withinMs);
      this.#waiting.add(wake);
    });
  }

  close(): void {
    this.#socket.close();
    setTimeout(() => this.#socket.terminate(), closeTimeoutMs).unref();
  }
}
