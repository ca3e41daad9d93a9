import type { Count } from '../evidence.ts';
import { formatCount, formatRate, type Slo } from '../slo.ts';
import { logWithinEvidence, rateBounds, trialsToProve } from '../statistics/index.ts';
import type { Source } from './tally.ts';

/** `0.31 % [0.12 %, 0.66 %], n = 4 812`: the rate with its one-sided bounds, valid at any time, and the number of trials. */
export function formatEstimate({ events, trials }: Count): string {
  if (trials === 0) return 'nothing measured';
  const { lower, upper } = rateBounds(events, trials);
  return `${formatRate(events / trials)} [${formatRate(lower)}, ${formatRate(upper)}], n = ${formatCount(trials)}`;
}

/** The event of an objective, as it stands before a rate. */
export const eventName = ({ event }: Slo): string =>
  ({
    'slow-response': 'slower',
    'server-error': '5xx',
    'failed-payment': 'failed payments',
    'crashed-session': 'crashed sessions',
  })[event.kind];

/** Whose requests a count holds, as it stands behind the name of the event. */
export const sourceName: Readonly<Record<Source, string>> = {
  all: '',
  users: '',
  synthetic: ' of the synthetic requests',
  router: ' of the canary at the router',
  sent: ' of the synthetic requests',
  front: ' that the router gave itself',
};

/** `5xx of the canary at the router 31 % [22 %, 40 %], n = 96`. */
export const describeCount = (slo: Slo, source: Source, count: Count): string =>
  `${eventName(slo)}${sourceName[source]} ${formatEstimate(count)}`;

/**
 * How many more trials a proof of "below `limit`" needs at the observed rate, with the chance `beta` of a wrong proof.
 * undefined where the rate is too close to the limit for any practical number.
 */
export function missingTrials({ events, trials }: Count, limit: number, beta: number): number | undefined {
  if (events === 0) return Math.max(1, trialsToProve(limit, 1 - beta) - trials);
  const needed = Math.log(1 / beta);
  for (let factor = 1.25; factor <= 64; factor *= 1.25)
    if (logWithinEvidence(Math.round(events * factor), Math.round(trials * factor), limit) >= needed)
      return Math.round(trials * (factor - 1));
  return undefined;
}
