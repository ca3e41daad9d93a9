import type { DriverCall } from '../../core/drivers.ts';
import { ToolError } from '../../core/errors.ts';
import type { Clock } from '../../system/clock.ts';
import { KubernetesError } from '../../system/kubernetes.ts';

/** An object that is not as Kubernetes describes it: the next answer would not be either. */
export class UnreadableObject extends ToolError {}

/** A refusal that another attempt may not meet: too many requests, an API server that restarts. */
const mayPass = (error: unknown): boolean =>
  error instanceof KubernetesError
    ? error.status === 429 || error.status >= 500
    : error instanceof ToolError && !(error instanceof UnreadableObject);

/** Whether a write may have been done although its answer was lost. */
export const isUnanswered = mayPass;

/** Repeats what changes nothing until it is answered or `untilMs` of the monotonic clock is reached; then throws its last error. */
export async function persist<T>(
  read: () => Promise<T>,
  { clock, untilMs, pollMs, call }: { clock: Clock; untilMs: number; pollMs: number; call: DriverCall | undefined },
): Promise<T> {
  for (;;) {
    try {
      return await read();
    } catch (error) {
      const isOver = call?.signal?.aborted === true || clock.monotonic() + pollMs >= untilMs;
      if (isOver || !mayPass(error)) throw error;
    }
    await clock.sleep(pollMs, call?.signal);
  }
}
