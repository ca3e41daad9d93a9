import { messageOf } from '../../core/errors.ts';
import type { RolloutRun } from './run.ts';

/** How long the router may need to find an instance healthy, to say what it was told, and to be back from a restart. */
export const routerMs = 10_000;
const pauseMs = 200;

/** A router that is being restarted is back in a moment; so long a refused call is tried again. */
export async function retry<T>(call: () => Promise<T>, run: RolloutRun): Promise<T> {
  const deadline = run.clock.monotonic() + routerMs;
  for (;;) {
    try {
      return await call();
    } catch (error) {
      if (run.clock.monotonic() > deadline) throw error;
      run.emit({ type: 'step-progress', step: 'router', text: messageOf(error) });
      await run.clock.sleep(pauseMs);
    }
  }
}
