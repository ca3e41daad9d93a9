import type { Emit } from '../core/events.ts';
import { maskValue } from '../core/redact.ts';
import type { RunFolder } from '../journal/run-folder.ts';
import type { Flow } from './flow.ts';

/** Tells what happens to the eye and to the journal. Progress is for the eye of the moment; the journal keeps what happened. */
export const emitInto =
  (folder: RunFolder, flow: Flow): Emit =>
  (event) => {
    flow.listen(maskValue(event, folder.mask));
    const transient = event.type === 'step-progress' || event.type === 'stage-observed';
    // A rollout's own events are written, and waited for, where they happen.
    if (!transient && event.type !== 'rollout') folder.record(event).catch(() => undefined);
  };
