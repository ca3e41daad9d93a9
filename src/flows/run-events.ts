import type { Emit } from '../core/events.ts';
import { maskValue } from '../core/redact.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import type { Flow } from './flow.ts';

/** Emits to the listener and to the run's journal, secrets masked. Progress is shown and not recorded. */
export const emitInto =
  (folder: RunFolder, flow: Flow): Emit =>
  (event) => {
    flow.listen(maskValue(event, folder.mask));
    const transient = event.type === 'step-progress' || event.type === 'stage-observed';
    // The events of a rollout are appended, and awaited, by the rollout itself.
    if (!transient && event.type !== 'rollout' && event.type !== 'sampled') folder.record(event).catch(() => undefined);
  };
