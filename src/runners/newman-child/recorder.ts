import type { EventEmitter } from 'node:events';
import { messageOf } from '../../core/errors.ts';
import type { ChildExecution, ChildReport } from './contract.ts';

/** The parts of postman-collection's classes that are used here; @types/newman does not know the events. */
interface PostmanItem {
  readonly id: string;
  readonly name: string;
  readonly items?: { readonly all: () => PostmanItem[] };
  readonly request?: PostmanRequest;
}
interface PostmanRequest {
  readonly method: string;
  readonly url: { readonly toString: () => string };
  readonly body?: { readonly raw?: string };
}
interface PostmanResponse {
  readonly code: number;
  readonly responseTime: number;
  readonly headers: { readonly get: (name: string) => unknown };
  readonly text: () => string;
}
interface NewmanEvent {
  readonly cursor?: { readonly ref?: string };
  /** Absent where a script sent the request by itself. */
  readonly item?: PostmanItem;
  readonly request: PostmanRequest;
  readonly response?: PostmanResponse;
}
export type RequestEvent = Pick<NewmanEvent, 'request' | 'response'>;
type AssertionEvent = NewmanEvent & { readonly assertion: unknown; readonly skipped?: boolean };
/** Updated by newman while it runs. */
interface LiveSummary {
  readonly collection?: PostmanItem;
  readonly run: { readonly failures: readonly { readonly error: { readonly message?: string } }[] };
}

type Execution = { -readonly [Key in keyof ChildExecution]: ChildExecution[Key] };

/** Records newman's events: one execution for each time that a request of the collection is executed. */
export function createRecorder(print: (line: string) => void) {
  const executions = new Map<string, Execution>();
  const rejections: string[] = [];
  let summary: LiveSummary | undefined;
  const executionOf = ({ cursor }: NewmanEvent) => executions.get(cursor?.ref ?? '');

  return {
    listenTo(emitter: EventEmitter & { readonly summary?: LiveSummary }): void {
      emitter.on('start', () => {
        summary = emitter.summary;
      });
      emitter.on('beforeItem', (_: unknown, event: NewmanEvent) => {
        if (event.item) executions.set(event.cursor?.ref ?? '', begin(event.item));
      });
      emitter.on('request', (error: Error | null, event: NewmanEvent) => {
        const execution = event.item && executionOf(event);
        if (execution) Object.assign(execution, describe(error, event));
      });
      emitter.on('assertion', (error: Error | null, event: AssertionEvent) => {
        const message = error ? { message: error.message } : {};
        executionOf(event)?.assertions.push({
          name: String(event.assertion),
          ok: !error,
          skipped: event.skipped === true,
          ...message,
        });
      });
      emitter.on('script', (error: Error | null, event: NewmanEvent) => {
        if (error) executionOf(event)?.scriptErrors.push(error.message);
      });
      emitter.on('item', (_: unknown, { item }: NewmanEvent) => print(item?.name ?? ''));
    },

    /** A rejected promise that newman does not await. */
    recordRejection(reason: unknown): void {
      const text = `unhandled rejection: ${messageOf((reason as { message?: unknown } | undefined)?.message ?? reason)}`;
      rejections.push(text);
      [...executions.values()].at(-1)?.scriptErrors.push(text);
    },

    report(problems: readonly string[]): ChildReport {
      const failures = (summary?.run.failures ?? []).map(({ error }) => error.message ?? 'a failure without a message');
      return {
        items: flatten(summary?.collection),
        executions: [...executions.values()],
        failures: [...failures, ...rejections],
        problems: [...problems],
      };
    },
  };
}

/** All requests of a collection in their order, with the folder each is in. */
function flatten(root: PostmanItem | undefined): ChildReport['items'] {
  const requestsOf = (item: PostmanItem, folder: string): ChildReport['items'] =>
    item.items
      ? item.items.all().flatMap((child) => requestsOf(child, item.name))
      : [{ id: item.id, name: item.name, folder }];
  return root ? requestsOf(root, '') : [];
}

const begin = ({ id, request }: PostmanItem): Execution => ({
  itemId: id,
  startedAt: new Date().toISOString(),
  durationMs: 0,
  method: request?.method ?? '',
  url: '',
  scriptErrors: [],
  assertions: [],
});

function describe(error: Error | null, { request, response }: NewmanEvent): Partial<Execution> {
  const header = (name: string) => {
    const value = response?.headers.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const requestId = header('X-Request-Id');
  const release = header('X-App-Release');
  const durationMs = response?.responseTime ?? 0;
  return {
    startedAt: new Date(Date.now() - durationMs).toISOString(),
    durationMs,
    method: request.method,
    url: withoutSecrets(request.url.toString()),
    ...(response ? { status: response.code } : {}),
    ...(requestId === undefined ? {} : { requestId }),
    ...(release === undefined ? {} : { release }),
    ...(error ? { requestError: error.message } : {}),
  };
}

/** Without query, user and password, which may hold a token. */
const withoutSecrets = (url: string): string => url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
