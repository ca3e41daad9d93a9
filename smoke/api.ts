import { type APIRequestContext, expect } from '@playwright/test';
import { type Answer, answerFrom } from './answers.ts';

interface Wiring {
  readonly request: APIRequestContext;
  /** Address and prefix of the routes. */
  readonly base: string;
  readonly token: string;
  readonly record: (answer: Answer) => void;
}

export interface Job {
  readonly id: string;
  readonly title: string;
  readonly status: string;
  readonly payment_state: string;
}

interface Call {
  readonly data?: object;
  readonly headers?: Readonly<Record<string, string>>;
}

/** FreeTask's API for one role. Every call names the status that it expects; any other status is a failure. */
export class Api {
  readonly #wiring: Wiring;

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
  }

  get token(): string {
    return this.#wiring.token;
  }

  async call<T>(method: 'GET' | 'POST', path: string, wanted: number, { data, headers }: Call = {}): Promise<T> {
    const { request, base, token, record } = this.#wiring;
    const response = await request.fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(data ? { data } : {}),
      timeout: 15_000,
    });
    const answer = answerFrom(method, base + path, response.status(), response.headers());
    record(answer);
    expect(response.status(), `${method} ${path}: status`).toBe(wanted);
    const body = (await response.json()) as { data: T; requestId: string };
    expect(body.requestId, `${method} ${path}: the body names the request as the header does`).toBe(answer.requestId);
    return body.data;
  }

  postJob(title: string): Promise<Job> {
    const data = { title, description: 'Posted by the smoke journey.', category: 'verification', budget: 250 };
    return this.call('POST', '/jobs', 201, { data });
  }

  /** The contract has no route for a single job. */
  async readJob({ id, title }: Pick<Job, 'id' | 'title'>): Promise<Job> {
    const path = `/jobs?search=${encodeURIComponent(title)}&pageSize=10`;
    const { items } = await this.call<{ items: Job[] }>('GET', path, 200);
    const found = items.find((job) => job.id === id);
    if (!found) throw new Error(`The job "${title}" is not found by its title.`);
    return found;
  }

  bid(jobId: string): Promise<{ jobId: string }> {
    return this.call('POST', '/bids', 201, { data: { jobId, amount: 200, message: 'I can do it.' } });
  }

  async readChat(jobId: string): Promise<string[]> {
    const { items } = await this.call<{ items: { message: string }[] }>('GET', `/chat/${jobId}/messages`, 200);
    return items.map(({ message }) => message);
  }

  payEscrow(jobId: string): Promise<Job> {
    return this.call('POST', '/payments/escrow', 201, { data: { jobId, amount: 200 } });
  }

  release(jobId: string, key: string, wanted = 200): Promise<Job> {
    return this.call('POST', '/payments/release', wanted, { data: { jobId }, headers: { 'Idempotency-Key': key } });
  }
}
