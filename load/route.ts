import { check } from 'k6';
import type { Params } from 'k6/http';
import { countCorrect, isOfFront, send } from './counting.ts';
import { apiUrl, envelope, type Role } from './question.ts';
import { headersOf, renew } from './session.ts';

export interface Route {
  readonly role: Role;
  readonly method: 'GET' | 'POST';
  /** The path without ids: otherwise every job would become a series of its own. */
  readonly name: string;
  /** The status that the contract gives. */
  readonly status: number;
  /** The body is not checked, so k6 discards it. */
  readonly discardsBody?: true;
}

export interface RouteRequest {
  readonly path: string;
  readonly body?: string;
  readonly idempotencyKey?: string;
  readonly isCorrect?: (text: string) => boolean;
}

export interface Answer {
  readonly status: number;
  /** It has the status and the shape of the contract. */
  readonly correct: boolean;
  /** The front gave it, and the release did not see the request. */
  readonly ofFront: boolean;
}

/** Five times the P95 objective; later is no answer. */
const timeout = 5000;
const url = apiUrl;

/** A function that sends requests to one route; every answer is counted and, where no counter covers it, checked. */
export function route({ role, method, name, status: wanted, discardsBody }: Route): (options: RouteRequest) => Answer {
  const headers = headersOf(role, method);
  const params: Params = { headers, timeout, ...(discardsBody ? { responseType: 'none' } : {}) };
  const title = `${method} ${name} answers ${wanted} as in the contract`;
  const failed = { [title]: () => false };
  const request = (path: string, body: string | null, more: Params) => send(method, url + path, body, more);

  return ({ path, body = null, idempotencyKey, isCorrect }) => {
    const own =
      idempotencyKey === undefined ? params : { ...params, headers: { ...headers, 'Idempotency-Key': idempotencyKey } };
    let response = request(path, body, own);
    if (response.status === 401 && renew(role)) response = request(path, body, own);
    const { status } = response;
    const correct = status === wanted && (isCorrect === undefined || isCorrect(response.body ?? ''));
    if (correct) countCorrect();
    else if (!isCountedElsewhere(status, name)) check(null, failed);
    return { status, correct, ofFront: !correct && isOfFront(response) };
  };
}

/** No answer, 5xx, rate limits and declined payments have counters of their own; a check is for wrong answers. */
const isCountedElsewhere = (status: number, name: string): boolean =>
  status === 0 || status >= 500 || status === 429 || (status === 402 && name.startsWith('/payments/'));

type Data = Readonly<Record<string, unknown>>;

/** The data of an answer, without its envelope; empty where there is none. */
export function dataOf(text: string): Data {
  try {
    const body = JSON.parse(text) as Data | null;
    return (envelope === '' ? body : (body?.[envelope] as Data | undefined)) ?? {};
  } catch {
    return {};
  }
}
