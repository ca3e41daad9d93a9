import exec, { scenario } from 'k6/execution';
import { lateness } from './counting.ts';
import { heartbeatsPerSecond, unplannedOptions } from './options.ts';
import { runners } from './question.ts';

/** Sends no request: when it is late, the load generator lacks CPU time, and the measured durations are its own. */
export function heartbeat(): void {
  // Of several runners each reports its own in its message.
  if (scenario.iterationInTest === 0 && runners === 1) reportOptions();
  const due = scenario.startTime + (scenario.iterationInTest * 1000) / (heartbeatsPerSecond * runners);
  lateness.add(Math.max(0, Date.now() - due));
}

/** The runner reads this line of the log: the options that k6 really runs with. */
const reportOptions = (): void =>
  console.info(`shiproom options ${unplannedOptions({ ...exec.test.options }).join(' ') || 'as planned'}`);
