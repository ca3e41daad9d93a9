import type { DriverCall } from '../../core/drivers.ts';
import { ConflictError, messageOf, UserError } from '../../core/errors.ts';
import { describeShares } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import type { RolloutRun } from './run.ts';

/** How long the router may need to report a server up, and to read back what was set. */
export const routerMs = 10_000;
const pauseMs = 200;
/** How often a failing router is reported. */
const reportMs = 5000;

/** A rollback that was started is completed whatever signal arrives. */
export const signalOf = (run: RolloutRun): AbortSignal =>
  run.state().phase === 'rolling-back' ? new AbortController().signal : run.signal;

/** What a driver's call gets: it ends on abort, and the command that it starts is journalled first. */
export const callOf = (run: RolloutRun): DriverCall => ({
  signal: signalOf(run),
  onStarted: (process) => run.append({ type: 'command-started', process }),
});

/**
 * Calls a router again while it cannot be reached or refuses, for as long as the target file says. Throws the last error; at once
 * where another writer interfered, except in a rollback, which returns users wherever they are.
 */
export async function retry<T>(call: (signal: AbortSignal) => Promise<T>, run: RolloutRun): Promise<T> {
  const { routerRetryMs } = run.state().plan.settings;
  const signal = signalOf(run);
  const began = run.clock.monotonic();
  let reportedAt = Number.NEGATIVE_INFINITY;
  for (;;) {
    try {
      return await call(signal);
    } catch (error) {
      const now = run.clock.monotonic();
      const isConflict = error instanceof ConflictError && run.state().phase !== 'rolling-back';
      if (error instanceof UserError || isConflict || signal.aborted || now - began > routerRetryMs) throw error;
      if (now - reportedAt >= reportMs) {
        reportedAt = now;
        const { shares } = run.state();
        const last = shares ? `; last read back: ${describeShares(shares)}` : '';
        const left = `retried for another ${formatMs(routerRetryMs - (now - began))}`;
        run.emit({ type: 'step-progress', step: 'router', text: `${messageOf(error)}; ${left}${last}` });
      }
      await run.clock.sleep(pauseMs, signal);
    }
  }
}
