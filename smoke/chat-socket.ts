import { WebSocket } from 'ws';

export interface Frame {
  readonly type: string;
  readonly payload: Record<string, unknown>;
}

const patienceMs = 10_000;

/** One side of a job's chat over a WebSocket; the token travels in the header of the upgrade, as the contract says. */
export class ChatSocket {
  readonly #socket: WebSocket;
  readonly #frames: Frame[] = [];
  readonly #waiting = new Set<() => void>();

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on('message', (data) => {
      this.#frames.push(JSON.parse((data as Buffer).toString('utf8')) as Frame);
      for (const wake of this.#waiting) wake();
    });
  }

  /** Opens the chat; a refusal before the upgrade is told by its status. */
  static open(url: string, token: string | undefined): Promise<ChatSocket | { readonly refused: number }> {
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const socket = new WebSocket(url, { headers, handshakeTimeout: patienceMs });
    const chat = new ChatSocket(socket);
    return new Promise((resolve, reject) => {
      socket.once('open', () => resolve(chat));
      socket.once('unexpected-response', (request, response) => {
        resolve({ refused: response.statusCode ?? 0 });
        request.destroy();
      });
      socket.once('error', reject);
    });
  }

  send(frame: object): void {
    this.#socket.send(JSON.stringify(frame));
  }

  /** The first frame that fits, of those that came and those that will. */
  async receive(fits: (frame: Frame) => boolean): Promise<Frame> {
    const deadline = Date.now() + patienceMs;
    for (;;) {
      const found = this.#frames.find(fits);
      if (found) return found;
      const left = deadline - Date.now();
      if (left <= 0)
        throw new Error(
          `no such frame within ${patienceMs} ms; received: ${this.#frames.map(({ type }) => type).join(', ') || 'nothing'}`,
        );
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        const wake = () => (clearTimeout(timer), this.#waiting.delete(wake), resolve());
        this.#waiting.add(wake);
      });
    }
  }

  close(): void {
    this.#socket.close();
  }
}
