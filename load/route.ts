import { check } from 'k6';
import http from 'k6/http';
import type { Role } from '../src/core/target.ts';
import { countAnswer } from './counting.ts';
import { apiUrl } from './question.ts';
import { bearer, renew } from './session.ts';

export interface Route {
  readonly role: Role;
  readonly method: 'GET' | 'POST';
  /** The path without ids: otherwise every job would become a series of its own. */
  readonly name: string;
  /** The status that the contract gives. */
  readonly status: number;
}

export interface Question {
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly looksRight: (text: string) => boolean;
}

export interface Answer {
  readonly status: number;
  /** It has the status and the shape that the contract gives. */
  readonly right: boolean;
}

/** Five times the slowest objective: whoever waits longer has no answer. */
const timeout = 5000;

// k6's own http_req_failed then says what clause 3.2d says: a 5xx, or no answer.
http.setResponseCallback(http.expectedStatuses({ min: 100, max: 499 }));

/** A way to ask one route again and again; every answer is counted and, where nothing else counts it, checked. */
export function route({ role, method, name, status: wanted }: Route): (question: Question) => Answer {
  const headers: Record<string, string> = { 'Content-Type': 'application/json' };
  const params = { headers, tags: { name }, responseType: 'text', timeout } as const;
  const checks = { [`${method} ${name} answers ${wanted} as the contract says`]: (right: boolean) => right };

  const send = (path: string, body: string | undefined) => {
    headers['Authorization'] = bearer(role);
    const response = http.request(method, apiUrl + path, body, params);
    countAnswer(response);
    return response;
  };

  return ({ path, body, headers: more, looksRight }) => {
    if (more) Object.assign(headers, more);
    let response = send(path, body);
    if (response.status === 401 && renew(role)) response = send(path, body);
    const { status } = response;
    const right = status === wanted && looksRight(response.body ?? '');
    if (right || !isCountedElsewhere(status, name)) check(right, checks);
    return { status, right };
  };
}

/** Silence, faults, rate limits and declined payments have counters of their own; a check is about answers that are wrong. */
const isCountedElsewhere = (status: number, name: string): boolean =>
  status === 0 || status >= 500 || status === 429 || (status === 402 && name.startsWith('/payments/'));

/** The `data` of an answer's envelope; empty where there is none. */
export function dataOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const { data } = JSON.parse(text) as { data?: Record<string, unknown> };
    return data ?? {};
  } catch {
    return {};
  }
}
