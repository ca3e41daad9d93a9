/** The parts of postman-collection's classes that are used here; @types/newman does not know the events. */
export interface PostmanItem {
  readonly id: string;
  readonly name: string;
  readonly items?: { readonly all: () => PostmanItem[] };
  readonly request?: PostmanRequest;
}
export interface PostmanRequest {
  readonly method: string;
  readonly url: { readonly toString: () => string };
  readonly headers?: { readonly all: () => readonly { readonly value?: string; readonly disabled?: boolean }[] };
  readonly body?: { readonly raw?: string; readonly toString: () => string };
}
interface PostmanResponse {
  readonly code: number;
  readonly responseTime: number;
  readonly headers: { readonly get: (name: string) => unknown };
  readonly text: () => string;
}
export interface NewmanEvent {
  readonly cursor?: { readonly ref?: string; readonly iteration?: number };
  /** Absent where a script sent the request by itself. */
  readonly item?: PostmanItem;
}
export interface RequestEvent extends NewmanEvent {
  readonly request: PostmanRequest;
  readonly response?: PostmanResponse;
  readonly history?: { readonly execution?: { readonly data?: readonly { readonly request?: { href?: string } }[] } };
}
