import { originOf } from '../../core/origins.ts';
import { begin, describe, type Executions, type HeaderNames } from './executions.ts';
import { noteIn } from './guard.ts';
import type { NewmanEvent, RequestEvent } from './newman-events.ts';
import { unfilledIn } from './variables.ts';

type AssertionEvent = NewmanEvent & { readonly assertion: unknown; readonly skipped?: boolean };
type ConsoleEvent = NewmanEvent & { readonly messages?: readonly unknown[] };
type ExceptionEvent = NewmanEvent & { readonly error?: Error };

/** What each of newman's events adds to the executions. */
export const listenersOf = (executions: Executions, ownOrigins: ReadonlySet<string>, names: HeaderNames) =>
  ({
    beforeItem: (_, event: NewmanEvent) => {
      if (event.item) executions.start(event, begin(event.item));
    },
    request: (error, event: RequestEvent) => {
      const execution = executions.of(event);
      if (!execution) return;
      const asked = [event.request.url.toString(), ...hrefsIn(event)].flatMap((url) => originOf(url) ?? []);
      addTo(
        execution.origins,
        asked.filter((origin) => !ownOrigins.has(origin)),
      );
      // A script sends requests of its own; the step is that of the collection.
      if (!event.item) return;
      addTo(execution.unfilled, unfilledIn(event.request));
      Object.assign(execution, describe(error, event, names));
    },
    assertion: (error, event: AssertionEvent) => {
      const message = error ? { message: error.message } : {};
      const skipped = event.skipped === true;
      executions.of(event)?.assertions.push({ name: String(event.assertion), ok: !error, skipped, ...message });
    },
    script: (error, event: NewmanEvent) => {
      if (error) executions.of(event)?.scriptErrors.push(error.message);
    },
    // An assertion that failed in a timer or a callback, after its test had passed.
    exception: (_, event: ExceptionEvent) => {
      const message = event.error?.message;
      if (message !== undefined) addTo(executions.of(event)?.scriptErrors ?? [], [message]);
    },
    console: (_, event: ConsoleEvent) => {
      const note = noteIn(event.messages?.[0]);
      if (note !== undefined) executions.of(event)?.notes.push(note);
    },
    item: (_, event: NewmanEvent) => executions.end(event),
  }) satisfies Record<string, (error: Error | null, event: never) => void>;

const addTo = (list: string[], values: readonly string[]): void => {
  for (const value of values) if (!list.includes(value)) list.push(value);
};

/** A followed redirect is another request, and its answer is the one that the tests see. */
const hrefsIn = ({ history }: RequestEvent): string[] =>
  (history?.execution?.data ?? []).flatMap(({ request }) => request?.href ?? []);
