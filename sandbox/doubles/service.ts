import type { IncomingHttpHeaders } from 'node:http';
import type { z } from 'zod';

/** One request that a double has received, as a test reads it back. */
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

/** One route of a double: it knows its method, its path, how its body has to look, and what the real API answers. */
export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Path with `:name` for one segment. */
  readonly path: string;
  readonly body?: z.ZodType;
  readonly answer: (asked: Asked) => Answer;
}

/** A service that cannot run here. */
export interface Double {
  readonly name: string;
  /** What its addresses begin with: each service has a prefix of its own on the recorder. */
  readonly prefix: string;
  readonly routes: readonly Route[];
  /** The answer to who may not come in; undefined lets in. */
  readonly refuse: (headers: IncomingHttpHeaders, query: URLSearchParams, path: string) => Answer | undefined;
  readonly notFound: Answer;
  readonly invalid: (why: string) => Answer;
}

/** Any non-empty token in `Authorization: Bearer …`; what it is worth is not the double's to know. */
export const hasBearer = (headers: IncomingHttpHeaders): boolean =>
  /^(Bearer|token) \S+$/i.test(headers.authorization ?? '');
