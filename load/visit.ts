import { countExceptions, openConnectionNext } from './counting.ts';
import { renewTokens } from './session.ts';

/** Each virtual user opens a new connection twice a minute, as new users do. */
const connectionLifeMs = 30_000;
let renewConnectionAt = Date.now() + Math.random() * connectionLifeMs;

/** One iteration of a scenario. */
export const visit = (scenario: () => void | Promise<void>): (() => void | Promise<void>) =>
  countExceptions(() => {
    renewTokens();
    renewConnection();
    return scenario();
  });

function renewConnection(): void {
  const now = Date.now();
  if (now < renewConnectionAt) return;
  renewConnectionAt = now + connectionLifeMs;
  openConnectionNext();
}
