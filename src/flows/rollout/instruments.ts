import { runK6 } from '../../runners/k6.ts';
import { signIn } from '../../runners/log-in.ts';
import { isReady, probeAftermath, probeDependencies, probeHealth, probeReadiness } from '../../sources/probe.ts';
import { scrapeAll } from '../../sources/scrape.ts';
import { runJourney } from '../journey.ts';

/** What a rollout measures the target with and sends it, beside the drivers; a simulated target brings its own. */
export interface Instruments {
  readonly probeHealth: typeof probeHealth;
  readonly probeReadiness: typeof probeReadiness;
  readonly probeDependencies: typeof probeDependencies;
  /** Health and readiness at this moment. */
  readonly probeState: typeof probeAftermath;
  readonly isReady: typeof isReady;
  readonly scrapeAll: typeof scrapeAll;
  readonly runJourney: typeof runJourney;
  readonly signIn: typeof signIn;
  readonly runLoad: typeof runK6;
}

export const systemInstruments: Instruments = {
  probeHealth,
  probeReadiness,
  probeDependencies,
  probeState: probeAftermath,
  isReady,
  scrapeAll,
  runJourney,
  signIn,
  runLoad: runK6,
};
