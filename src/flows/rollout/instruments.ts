import { runK6 } from '../../runners/k6.ts';
import { signIn } from '../../runners/log-in.ts';
import { endGroup, groupState, waitForGroup } from '../../system/process-identity.ts';
import { isReady, probeAftermath, probeDependencies, probeHealth, probeReadiness } from '../../sources/probe.ts';
import { readIdentity } from '../../sources/release-identity.ts';
import { scrapeAll } from '../../sources/scrape.ts';
import { checkSide } from '../check-side.ts';
import { runJourney } from '../journey.ts';

/** What a rollout measures the target with and sends it, beside the drivers; a simulated target brings its own. */
export interface Instruments {
  readonly probeHealth: typeof probeHealth;
  readonly probeReadiness: typeof probeReadiness;
  readonly probeDependencies: typeof probeDependencies;
  /** Health and readiness at this moment. */
  readonly probeState: typeof probeAftermath;
  readonly isReady: typeof isReady;
  readonly readIdentity: typeof readIdentity;
  readonly scrapeAll: typeof scrapeAll;
  readonly runJourney: typeof runJourney;
  readonly checkSide: typeof checkSide;
  readonly signIn: typeof signIn;
  readonly runLoad: typeof runK6;
  readonly groupState: typeof groupState;
  readonly waitForGroup: typeof waitForGroup;
  readonly endGroup: typeof endGroup;
}

export const systemInstruments: Instruments = {
  probeHealth,
  probeReadiness,
  probeDependencies,
  probeState: probeAftermath,
  isReady,
  readIdentity,
  scrapeAll,
  runJourney,
  checkSide,
  signIn,
  runLoad: runK6,
  groupState,
  waitForGroup,
  endGroup,
};
