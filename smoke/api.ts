import { randomUUID } from 'node:crypto';
import { type APIRequestContext, expect } from '@playwright/test';
import type { Answer } from './answers.ts';

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

/** FreeTask's API as one role sees it. Every call says which status it wants, and anything else is a failure. */
export class Api {
  readonly #wiring: Wiring;

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
  }

  get token(): string {
    return this.#wiring.token;
  }

  async call<T>(
    method: 'GET' | 'POST',
    path: string,
    wanted: number,
    data?: object,
    headers: Record<string, string> = {},
  ): Promise<T> {
    const { request, base, token, record } = this.#wiring;
    const response = await request.fetch(base + path, {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(data ? { data } : {}),
      timeout: 15_000,
    });
    const told = response.headers();
    record({
      method,
      url: base + path,
      status: response.status(),
      requestId: told['x-request-id'],
      release: told['x-app-release'],
    });
    expect(response.status(), `${method} ${path}: status`).toBe(wanted);
    const body = (await response.json()) as { data: T; requestId: string };
    expect(body.requestId, `${method} ${path}: the body names the request as the header does`).toBe(
      told['x-request-id'],
    );
    return body.data;
  }

  postJob(title: string): Promise<Job> {
    return this.call('POST', '/jobs', 201, {
      title,
      description: 'Posted by the smoke journey.',
      category: 'verification',
      budget: 250,
    });
  }

  async readJob({ id, title }: Pick<Job, 'id' | 'title'>): Promise<Job> {
    const { items } = await this.call<{ items: Job[] }>(
      'GET',
      `/jobs?search=${encodeURIComponent(title)}&pageSize=10`,
      200,
    );
    const found = items.find((job) => job.id === id);
    expect(found, `the job ${id} is found by its title`).toBeDefined();
    return found as Job;
  }

  bid = (jobId: string) =>
    this.call<{ jobId: string }>('POST', '/bids', 201, { jobId, amount: 200, message: 'I can do it.' });
  payEscrow = (jobId: string) => this.call<Job>('POST', '/payments/escrow', 201, { jobId, amount: 200 });
  release = (jobId: string, wanted = 200, key: string = randomUUID()) =>
    this.call<Job>('POST', '/payments/release', wanted, { jobId }, { 'Idempotency-Key': key });
}
