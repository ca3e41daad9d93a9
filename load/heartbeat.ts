import { scenario } from 'k6/execution';
import { lateness } from './counting.ts';
import { heartbeatsPerSecond } from './options.ts';

/** Asks the target nothing: when even this comes late, the load generator is starved, and its other numbers are its own. */
export function heartbeat(): void {
  const due = scenario.startTime + (scenario.iterationInTest * 1000) / heartbeatsPerSecond;
  lateness.add(Math.max(0, Date.now() - due));
}
