import { countExceptions } from './counting.ts';
import { renewTokens } from './session.ts';

/** One iteration of a scenario. */
export const visit = (scenario: () => void | Promise<void>): (() => void | Promise<void>) =>
  countExceptions(() => {
    renewTokens();
    return scenario();
  });
