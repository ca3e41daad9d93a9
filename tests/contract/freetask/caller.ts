import { randomInt } from 'node:crypto';
import { expect } from 'vitest';
import { z } from 'zod';

const answerBody = z.object({
  data: z.unknown().optional(),
  error: z.object({ message: z.string(), details: z.unknown().optional() }).optional(),
  requestId: z.string(),
});

export type Call = { token?: string; body?: unknown; headers?: Record<string, string> };
export type Answer = { status: number; headers: Headers; body: z.infer<typeof answerBody> };

export async function call(url: string, route: string, { token, body, headers }: Call = {}): Promise<Answer> {
  const [method = 'GET', path = '/'] = route.split(' ');
  const response = await fetch(`${url}${path}`, {
    method,
    // Far above the time of any answer: a hanging call is named, not only its test.
    signal: AbortSignal.timeout(60_000),
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  return { status: response.status, headers: response.headers, body: answerBody.parse(await response.json()) };
}

/** Asserts the headers, the envelope and the message of a refusal, and returns its status. */
export function refusal({ status, headers, body }: Answer, message?: string): number {
  expect(body).toEqual({ error: expect.anything(), requestId: headers.get('x-request-id') });
  expect(body.error?.message).toEqual(message ?? expect.stringMatching(/./));
  expect(headers.get('x-app-release')).toBe('freetask@1.5.0');
  expect(headers.get('x-app-color')).toBe('green');
  return status;
}

/** The limits count by client address; a new address for each login keeps the tests independent. */
export function newAddress(): Record<string, string> {
  return { 'x-forwarded-for': `10.${randomInt(256)}.${randomInt(256)}.${randomInt(256)}` };
}

export async function askOtp(url: string, email: string): Promise<string> {
  const { body } = await call(url, 'POST /auth/login', { body: { email }, headers: newAddress() });
  return z.object({ otp: z.string() }).parse(body.data).otp;
}

export const sessionSchema = z.object({
  accessToken: z.string(),
  refreshToken: z.string(),
  user: z.object({ id: z.string(), name: z.string(), role: z.string() }),
});

export async function verifyOtp(url: string, email: string, otp: string): Promise<Answer> {
  return call(url, 'POST /auth/verify-otp', { body: { email, otp }, headers: newAddress() });
}

export async function logIn(url: string, role: 'client' | 'freelancer' | 'admin'): Promise<string> {
  const email = `${role}@example.com`;
  const { body } = await verifyOtp(url, email, await askOtp(url, email));
  return sessionSchema.parse(body.data).accessToken;
}

export async function postJob(url: string, token: string, title = 'Paint the fence'): Promise<string> {
  const job = { title, description: 'Ten metres of it', category: 'garden', budget: 120 };
  const { body } = await call(url, 'POST /jobs', { token, body: job });
  return z.object({ id: z.string() }).parse(body.data).id;
}

export async function bid(url: string, token: string, jobId: string): Promise<Answer> {
  return call(url, 'POST /bids', { token, body: { jobId, amount: 100, message: 'Tomorrow?' } });
}

export async function escrow(url: string, token: string, jobId: string): Promise<Answer> {
  return call(url, 'POST /payments/escrow', { token, body: { jobId, amount: 100 } });
}

export async function release(url: string, token: string, jobId: string, key: string): Promise<Answer> {
  return call(url, 'POST /payments/release', { token, body: { jobId }, headers: { 'idempotency-key': key } });
}

const pageSchema = z.object({ items: z.array(z.record(z.string(), z.unknown())), total: z.number() });

export async function listItems(url: string, token: string, path: string) {
  return pageSchema.parse((await call(url, `GET ${path}`, { token })).body.data);
}

/** The value of the sample whose name and labels all occur in its line; undefined when there is none. */
export async function metric(url: string, name: string, ...labels: readonly string[]): Promise<number | undefined> {
  const text = await (await fetch(`${url}/metrics`)).text();
  const line = text
    .split('\n')
    .find((each) => each.startsWith(`${name}{`) && labels.every((label) => each.includes(label)));
  return line === undefined ? undefined : Number(line.slice(line.lastIndexOf(' ')));
}
