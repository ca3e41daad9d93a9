declare const AUTH_PREFIX: string;
declare const API_PREFIX: string;

export interface User {
  readonly id: string;
  readonly name: string;
  readonly role: 'client' | 'freelancer' | 'admin';
}
export interface Job {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly budget: number;
  readonly status: string;
  readonly payment_state: string;
}
interface Message {
  readonly userId: string;
  readonly message: string;
}
interface Page<T> {
  readonly items: readonly T[];
}

/** A refusal with FreeTask's message and the request id by which operators find it. */
export class Refused extends Error {
  readonly status: number;

  constructor(status: number, message: string, requestId: string) {
    super(`${message} (request ${requestId})`);
    this.status = status;
  }
}

let token = '';
export const useToken = (accessToken: string): void => {
  token = accessToken;
};

interface Asking {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

interface Envelope<T> {
  readonly data?: T;
  readonly error?: { readonly message: string };
}

async function ask<T>(path: string, { method = 'GET', body, headers = {} }: Asking = {}): Promise<T> {
  const response = await fetch(path, {
    method,
    headers: {
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(token === '' ? {} : { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  // A proxy in front of the API, such as a load balancer, answers with pages instead of JSON.
  const { data, error } = (await response.json().catch(() => ({}))) as Envelope<T>;
  if (response.ok && data !== undefined) return data;
  const message = error?.message ?? `FreeTask answered with status ${response.status}`;
  throw new Refused(response.status, message, response.headers.get('x-request-id') ?? 'unknown');
}

const post = <T>(path: string, body: unknown, headers = {}): Promise<T> =>
  ask<T>(path, { method: 'POST', body, headers });

export const askCode = (email: string) => post<{ otp?: string }>(`${AUTH_PREFIX}/login`, { email });
export const enterCode = (email: string, otp: string) =>
  post<{ accessToken: string; user: User }>(`${AUTH_PREFIX}/verify-otp`, { email, otp });

export const postJob = (job: Pick<Job, 'title' | 'description' | 'budget'> & { category: string }) =>
  post<Job>(`${API_PREFIX}/jobs`, job);
export const searchJobs = (search: string) =>
  ask<Page<Job>>(`${API_PREFIX}/jobs?pageSize=20${search === '' ? '' : `&search=${encodeURIComponent(search)}`}`);
export const placeBid = (jobId: string, amount: number, message: string) =>
  post(`${API_PREFIX}/bids`, { jobId, amount, message });

export const messagesPerPage = 50;
export const readChat = (jobId: string, page: number) =>
  ask<Page<Message>>(`${API_PREFIX}/chat/${jobId}/messages?page=${page}&pageSize=${messagesPerPage}`);
export const writeChat = (jobId: string, message: string) => post(`${API_PREFIX}/chat/${jobId}/messages`, { message });

export const payEscrow = (jobId: string, amount: number) => post(`${API_PREFIX}/payments/escrow`, { jobId, amount });
export const releasePayment = (jobId: string) =>
  post(`${API_PREFIX}/payments/release`, { jobId }, { 'Idempotency-Key': crypto.randomUUID() });
