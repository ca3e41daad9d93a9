import type { GatherPart } from './context.ts';
import { readAlerts } from './read-alerts.ts';
import { trackRelease } from './track-release.ts';

/** Clauses 1.4a and 1.4b. Side by side: neither needs the other. */
export const gatherMonitoring: GatherPart = async (context) => {
  const [release, alerts] = await Promise.all([trackRelease(context), readAlerts(context)]);
  return { monitoring: { release, alerts } };
};
