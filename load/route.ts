import { check } from 'k6';
import type { Role } from '../src/core/target.ts';
import { send } from './counting.ts';
import { apiUrl } from './question.ts';
import { bearer, renew } from './session.ts';

export interface Route {
  readonly role: Role;
  readonly method: 'GET' | 'POST';
  /** The path without ids: otherwise every job would become a series of its own. */
  readonly name: string;
  /** The status that the contract gives. */
  readonly status: number;
  /** Nobody looks at what it answers, so it is not even kept. */
  readonly bodyUnread?: true;
}

export interface Question {
  readonly path: string;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly looksRight?: (text: string) => boolean;
}

export interface Answer {
  readonly status: number;
  /** It has the status and the shape that the contract gives. */
  readonly right: boolean;
}

/** Five times the slowest objective: whoever waits longer has no answer. */
const timeout = 5000;

/** A way to ask one route again and again; every answer is counted and, where nothing else counts it, checked. */
export function route({ role, method, name, status: wanted, bodyUnread }: Route): (options: Question) => Answer {
  const headers: Record<string, string> = method === 'POST' ? { 'Content-Type': 'application/json' } : {};
  const params = { headers, tags: { name }, timeout, ...(bodyUnread ? { responseType: 'none' as const } : {}) };
  const checks = { [`${method} ${name} answers ${wanted} as the contract says`]: (right: boolean) => right };

  const ask = (path: string, body: string | null) => {
    headers['Authorization'] = bearer(role);
    return send(method, apiUrl + path, body, params);
  };

  return ({ path, body = null, headers: more, looksRight }) => {
    if (more) Object.assign(headers, more);
    let response = ask(path, body);
    if (response.status === 401 && renew(role)) response = ask(path, body);
    const { status } = response;
    const right = status === wanted && (looksRight?.(response.body ?? '') ?? true);
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
