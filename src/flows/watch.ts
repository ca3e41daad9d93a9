import { deploy } from './deploy.ts';
import type { Flow } from './flow.ts';
import type { Deployed } from './rollout/begin.ts';
import type { DeployOptions } from './rollout/options.ts';

/** Clauses 3.2 and 4.1: watches a release that was shipped otherwise, and rolls it back on a breach. */
export const watch = (options: DeployOptions, flow: Flow): Promise<Deployed> =>
  deploy({ ...options, verb: 'watch' }, flow);
