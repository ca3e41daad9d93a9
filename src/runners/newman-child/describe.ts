import type { NewmanRunExecution } from 'newman';
import type { ChildExecution, ChildReport } from './contract.ts';

interface PostmanItem {
  readonly id: string;
  readonly name: string;
  readonly items?: { readonly all: () => PostmanItem[] };
}

/** All requests of a collection in their order, with the folder each is in. */
export function flattenItems(collection: unknown): ChildReport['items'] {
  const walk = (item: PostmanItem, folder: string): ChildReport['items'] =>
    item.items
      ? item.items.all().flatMap((child) => walk(child, item.name))
      : [{ id: item.id, name: item.name, folder }];
  const root = collection as PostmanItem | undefined;
  return root?.items ? root.items.all().flatMap((item) => walk(item, root.name)) : [];
}

/** The part of postman-collection's classes that is used here; @types/newman does not know `request` events. */
export interface RequestEvent {
  readonly item: { readonly id: string; readonly name: string };
  readonly request: {
    readonly method: string;
    readonly url: { readonly toString: () => string };
    readonly body?: { readonly raw?: string };
  };
  readonly response?: NewmanRunExecution['response'] & { readonly text: () => string };
}

export function describeExecution(error: Error | null, { item, request, response }: RequestEvent): ChildExecution {
  const header = (name: string) => response?.headers?.get(name) as string | undefined;
  const requestId = header('X-Request-Id');
  const release = header('X-App-Release');
  const durationMs = response?.responseTime ?? 0;
  return {
    itemId: item.id,
    name: item.name,
    startedAt: new Date(Date.now() - durationMs).toISOString(),
    durationMs,
    method: request.method,
    url: request.url.toString(),
    ...(response ? { status: response.code } : {}),
    ...(requestId ? { requestId } : {}),
    ...(release ? { release } : {}),
    ...(error ? { requestError: error.message } : {}),
    scriptErrors: [],
    assertions: [],
  };
}
