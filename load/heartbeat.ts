import { scenario } from 'k6/execution';
import { lateness } from './counting.ts';
import { heartbeatsPerSecond } from './options.ts';

/** Sends no request: when it is late, the load generator lacks CPU time, and the measured durations are its own. */
export function heartbeat(): void {
  const due = scenario.startTime + (scenario.iterationInTest * 1000) / heartbeatsPerSecond;
  lateness.add(Math.max(0, Date.now() - due));
}
