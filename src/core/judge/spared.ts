import type { Slo } from '../slo.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { sameStage } from '../rollout/step.ts';
import type { Count } from '../evidence.ts';
import type { Decided } from './judge-state.ts';
import { countIn, tallyPages, tallyRouter, type Tally } from './tally.ts';

/**
 * A poller of the SOP's limit, as rollout controllers have it: it measures once a minute over that minute, and rolls back at
 * the fifth measurement that fails.
 */
export const poller = { intervalMs: 60_000, failures: 5 } as const;

/** What the poller would have let through after the moment of the decision. */
export interface Spared {
  /** Failed requests (or failed payments, or slow answers) of the canary, at the rate of the deciding stage. */
  readonly events: number;
  /** How much later the poller would have rolled back, in seconds, if every further minute fails like those before. */
  readonly laterSeconds: number;
}

/** From the same counts as the decision. undefined without a decision, and where none of users' requests has failed by then. */
export function spare(record: RolloutRecord, decided: Decided | undefined, slos: readonly Slo[]): Spared | undefined {
  if (!decided) return undefined;
  const readings = readingsOf(record, decided, slos);
  const observedMs = readings.reduce((sum, { lengthMs }) => sum + lengthMs, 0);
  const events = readings.reduce((sum, { users }) => sum + users.events, 0);
  if (observedMs === 0 || events === 0) return undefined;
  const failed = failedMinutes(readings, decided.slo.rollback?.above ?? decided.slo.limit);
  const wholeMinutes = Math.floor(observedMs / poller.intervalMs);
  const pollerMs = (wholeMinutes + Math.max(1, poller.failures - failed)) * poller.intervalMs;
  const laterMs = Math.max(0, pollerMs - observedMs);
  return { events: Math.round((events / observedMs) * laterMs), laterSeconds: Math.round(laterMs / 1000) };
}

interface Reading {
  readonly lengthMs: number;
  /** Of what decided. */
  readonly count: Count;
  /** The same, or that of users where requests of our own decided: these spare no users. */
  readonly users: Count;
}

function readingsOf({ events }: RolloutRecord, { slo, source }: Decided, slos: readonly Slo[]): Reading[] {
  const isRouter = source === 'router' || source === 'front';
  const staged = events.flatMap((event) => (event.type === 'observed' || event.type === 'sampled' ? [event] : []));
  const last = staged.at(-1)?.stage;
  const reading = (lengthMs: number, tally: Tally): Reading => ({
    lengthMs,
    count: countIn(tally, 'canary', source, slo),
    users: countIn(tally, 'canary', source === 'synthetic' ? 'users' : source, slo),
  });
  return staged.flatMap((event): Reading[] => {
    if (!last || !sameStage(event.stage, last)) return [];
    if (event.type === 'sampled')
      return isRouter ? [reading(event.sample.lengthMs, tallyRouter(event.sample, slos))] : [];
    const { observation } = event;
    return isRouter || !observation.observed
      ? []
      : [reading(observation.lengthMs, tallyPages(observation, slos, true))];
  });
}

/** Whole minutes whose rate is above the limit. */
function failedMinutes(readings: readonly Reading[], above: number): number {
  let failed = 0;
  let minute = { lengthMs: 0, events: 0, trials: 0 };
  for (const { lengthMs, count } of readings) {
    minute = {
      lengthMs: minute.lengthMs + lengthMs,
      events: minute.events + count.events,
      trials: minute.trials + count.trials,
    };
    if (minute.lengthMs < poller.intervalMs) continue;
    if (minute.trials > 0 && minute.events / minute.trials > above) failed += 1;
    minute = { lengthMs: 0, events: 0, trials: 0 };
  }
  return failed;
}
