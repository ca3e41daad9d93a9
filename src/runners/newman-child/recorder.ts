import type { EventEmitter } from 'node:events';
import { messageOf } from '../../core/errors.ts';
import { originOf } from '../../core/origins.ts';
import type { ChildPart, ChildReport } from './contract.ts';
import { createExecutions, type HeaderNames } from './executions.ts';
import { createWaits } from './rate-limits.ts';
import { listenersOf } from './listeners.ts';
import type { NewmanEvent, PostmanItem } from './newman-events.ts';

/** Updated by newman while it runs. */
interface LiveSummary {
  readonly collection?: PostmanItem;
  readonly run: { readonly failures: readonly { readonly error: { readonly message?: string } }[] };
}

/** Newman keeps every failure of a request that polls itself. */
const keptFailures = 100;

/** Records newman's events: one execution for each outcome of a request of the collection. */
export function createRecorder(
  names: HeaderNames,
  print: (line: string) => void,
  keep: (part: ChildPart) => void = () => undefined,
) {
  const executions = createExecutions((execution) => keep({ execution }));
  const waits = createWaits(print, Date.now);
  const rejections: string[] = [];
  const ownOrigins = new Set<string>();
  let summary: LiveSummary | undefined;
  let printed: string | undefined;

  return {
    /** An address of this process's own, which is no part of the journey. */
    ignore: (address: string) => ownOrigins.add(originOf(address) ?? ''),

    listenTo(emitter: EventEmitter & { readonly summary?: LiveSummary }): void {
      emitter.on('start', () => {
        summary = emitter.summary;
        keep({ items: flatten(summary?.collection) });
      });
      waits.listenTo(emitter);
      for (const [name, listener] of Object.entries(listenersOf(executions, ownOrigins, names)))
        emitter.on(name, listener as (error: Error | null, event: unknown) => void);
      emitter.on('item', (_: unknown, { item }: NewmanEvent) => {
        const name = item?.name ?? '';
        if (name !== printed) print(name);
        printed = name;
      });
    },

    /** A rejected promise that newman does not await. */
    recordRejection(reason: unknown): void {
      const text = `unhandled rejection: ${messageOf((reason as { message?: unknown } | undefined)?.message ?? reason)}`;
      if (rejections.length < keptFailures) rejections.push(text);
      executions.latest()?.scriptErrors.push(text);
    },

    report(problems: readonly string[]): ChildReport {
      const failures = (summary?.run.failures ?? [])
        .slice(0, keptFailures)
        .map(({ error }) => error.message ?? 'a failure without a message');
      return {
        items: flatten(summary?.collection),
        executions: executions.all(),
        failures: [...failures, ...rejections],
        problems: [...problems],
        waitedMs: waits.ms(),
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
