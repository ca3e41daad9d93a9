import { messageOf } from '../../core/errors.ts';
import type { RolloutRun } from './run.ts';

/** How long the router may need to report an instance up, to read back what was set, and to return from a restart. */
export const routerMs = 10_000;
const pauseMs = 200;

/** Calls again while the router is restarting. Throws the last error once its time is spent. */
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
