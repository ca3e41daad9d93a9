import type { RolloutEvent } from './advance.ts';
import { addServed, type Served } from './observation.ts';

/**
 * What the canary answered users in a whole rollout: by its samples, and by its observations where the router was not
 * sampled in between, because both count the same requests. undefined where the router counts nothing.
 */
export function servedUsers(events: readonly RolloutEvent[]): Served | undefined {
  const counted: Served[] = [];
  let sampled = false;
  for (const event of events) {
    if (event.type === 'sampled') {
      sampled = true;
      const [users] = event.sample.strata;
      if (users) counted.push(users.canary);
    } else if (event.type === 'observed') {
      const { served } = event.observation;
      if (served && !sampled) counted.push(served.canary);
      sampled = false;
    }
  }
  return counted.length === 0 ? undefined : addServed(counted);
}
