import type { ChildExecution, ChildInput } from './contract.ts';
import type { NewmanEvent, PostmanItem, RequestEvent } from './newman-events.ts';

/** Of the target's answers; absent where they have none. */
export type HeaderNames = ChildInput['headers'];

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
export type Execution = Mutable<ChildExecution>;

/** Outcomes of one request that are kept one by one; more differ in an id or a time only. */
const keptOutcomes = 20;

export type Executions = ReturnType<typeof createExecutions>;

/**
 * The executions in their order. A request that sets itself as the next one may be sent a thousand times a second: those with
 * the same outcome are one execution with a number of tries.
 */
export function createExecutions(onNew: (execution: ChildExecution) => void) {
  const open = new Map<string, Execution>();
  const ended = new Map<string, Execution>();
  const outcomes = new Map<string, number>();
  let latest: Execution | undefined;

  function keep(event: NewmanEvent, execution: Execution): void {
    const request = `${execution.itemId} ${event.cursor?.iteration ?? 0}`;
    const exact = `${request} ${outcomeOf(execution)}`;
    const known = outcomes.get(request) ?? 0;
    const key = ended.has(exact) || known < keptOutcomes ? exact : `${request} further`;
    const earlier = ended.get(key);
    if (!earlier) {
      outcomes.set(request, known + 1);
      ended.set(key, execution);
      onNew(execution);
      return;
    }
    ended.delete(key);
    // The newest stands for all of them, at its place in the order.
    ended.set(key, {
      ...execution,
      tries: earlier.tries + 1,
      origins: [...new Set([...earlier.origins, ...execution.origins])],
    });
  }

  return {
    start(event: NewmanEvent, execution: Execution): void {
      open.set(event.cursor?.ref ?? '', execution);
      latest = execution;
    },
    /** A request that a script sends belongs to the execution in progress. */
    of: (event: NewmanEvent): Execution | undefined => open.get(event.cursor?.ref ?? '') ?? latest,
    end(event: NewmanEvent): void {
      const ref = event.cursor?.ref ?? '';
      const execution = open.get(ref);
      if (!execution) return;
      open.delete(ref);
      keep(event, execution);
    },
    latest: () => latest,
    all: (): ChildExecution[] => [...ended.values(), ...open.values()],
  };
}

const outcomeOf = ({ status, requestError, scriptErrors, assertions, unfilled, notes }: Execution): string =>
  JSON.stringify([status, requestError, scriptErrors, assertions, unfilled, notes]);

export const begin = ({ id, request }: PostmanItem): Execution => ({
  itemId: id,
  startedAt: new Date().toISOString(),
  durationMs: 0,
  method: request?.method ?? '',
  url: '',
  scriptErrors: [],
  assertions: [],
  tries: 1,
  origins: [],
  unfilled: [],
  notes: [],
});

/** What an answer, or the lack of one, adds to an execution. */
export function describe(
  error: Error | null,
  { request, response }: RequestEvent,
  names: HeaderNames,
): Partial<Execution> {
  const header = (name: string | undefined) => {
    const value = name === undefined ? undefined : response?.headers.get(name);
    return typeof value === 'string' && value !== '' ? value : undefined;
  };
  const requestId = header(names.requestId);
  const release = header(names.release);
  const durationMs = response?.responseTime ?? 0;
  return {
    startedAt: new Date(Date.now() - durationMs).toISOString(),
    durationMs,
    method: request.method,
    url: withoutSecrets(request.url.toString()),
    ...(response ? { status: response.code } : {}),
    ...(requestId === undefined ? {} : { requestId }),
    ...(release === undefined ? {} : { release }),
    ...(response?.code === 429 && header('Retry-After') !== undefined ? { limited: true } : {}),
    ...(error ? { requestError: error.message } : {}),
  };
}

/** Without query, user and password, which may hold a token. */
const withoutSecrets = (url: string): string => url.replace(/[?#].*$/s, '').replace(/\/\/[^/@]*@/, '//');
