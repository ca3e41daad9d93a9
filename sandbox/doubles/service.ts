import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';

/** One request that a double has received. */
export interface Received {
  readonly service: string;
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  readonly status: number;
}

export interface Asked {
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: unknown;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** One route of a double: method, path, schema of the body, and the real API's answer. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with `:name` for one segment. */
  readonly path: string;
  readonly body?: z.ZodType;
  readonly answer: (asked: Asked) => Answer;
}

/** The double of an external service. */
export interface Double {
  readonly name: string;
  /** Prefix of its paths on the recorder. */
  readonly prefix: string;
  readonly routes: readonly Route[];
  /** The answer to an unauthorised request; undefined for an authorised one. */
  readonly refuse: (headers: IncomingHttpHeaders, query: URLSearchParams, path: string) => Answer | undefined;
  readonly notFound: Answer;
  readonly invalid: (why: string, path: string) => Answer;
  /** Its answer to a request that it understands and refuses; Slack's has status 200. */
  readonly refusal: Answer;
  /** What its answers are made of; a test replaces members of it by `POST /_state?service=NAME`. */
  readonly state?: Record<string, unknown>;
}

/** How a service can fail. `down`: the connection is cut before an answer; `lost`: the request takes effect and its answer is cut. */
export const failureModes = ['down', 'lost', 'slow', 'server-error', 'rate-limited', 'refusing'] as const;
export type FailureMode = (typeof failureModes)[number];

/** Any non-empty token in `Authorization: Bearer …`: a double does not verify it. */
export const hasBearer = (headers: IncomingHttpHeaders): boolean =>
  /^(Bearer|token) \S+$/i.test(headers.authorization ?? '');
