import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type APIRequestContext, expect, type TestInfo } from '@playwright/test';
import { type Answer, answerFrom } from './answers.ts';
import { askPatiently } from './rate-limit.ts';
import { dataOf } from './service.ts';
import type { Settings } from './settings.ts';

export interface Wiring {
  readonly request: APIRequestContext;
  readonly testInfo: TestInfo;
  readonly settings: Settings;
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
type Method = 'GET' | 'POST' | 'PATCH';

/** FreeTask's API for one user. Every call names the status that it expects; any other status is a failure. */
export class Api {
  readonly #wiring: Wiring;

  constructor(wiring: Wiring) {
    this.#wiring = wiring;
  }

  get token(): string {
    return this.#wiring.token;
  }

  async call<T>(method: Method, path: string, wanted: number, call: Call = {}): Promise<T> {
    const response = await this.#send(method, path, call);
    expect(response.status(), `${method} ${path}: status`).toBe(wanted);
    return dataOf(await response.json(), this.#wiring.settings.service) as T;
  }

  /** The status of a call that the contract refuses. */
  async attempt(method: Method, path: string, call: Call = {}): Promise<number> {
    return (await this.#send(method, path, call)).status();
  }

  async #send(method: Method, path: string, { data, headers }: Call) {
    const { request, testInfo, settings, token, record } = this.#wiring;
    const url = settings.apiUrl + settings.apiPath + path;
    const options = {
      method,
      headers: { authorization: `Bearer ${token}`, ...headers },
      ...(data ? { data } : {}),
      timeout: 15_000,
    };
    const response = await askPatiently(testInfo, () => request.fetch(url, options), sleep);
    record(answerFrom({ method, url, status: response.status() }, response.headers(), settings));
    return response;
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

  release(jobId: string): Promise<Job> {
    const headers = { 'Idempotency-Key': randomUUID() };
    return this.call('POST', '/payments/release', 200, { data: { jobId }, headers });
  }
}
