import type { Deployment } from '../config/target-file.ts';
import { messageOf } from '../core/errors.ts';
import { createDrivers } from './drivers.ts';
import { type Finding, missing, present } from './finding.ts';
import type { Flow } from './flow.ts';
import { strategyOf } from './rollout/plan-rollout.ts';

/** Whether a runtime that replaces instances by itself is set up as clauses 2.R1 to 2.R4 need it; what `deploy` would refuse. */
export async function diagnoseRuntime(file: string, deployment: Deployment, flow: Flow): Promise<Finding[]> {
  if (!deployment.router || !deployment.runtime) return [];
  const { runtime } = createDrivers(file, deployment, flow);
  if (!runtime.sides) return [];
  const strategy = strategyOf({}, runtime);
  const problems = await runtime.sides
    .check(strategy, { signal: flow.signal })
    .catch((error: unknown) => [messageOf(error)]);
  if (problems.length === 0) return [present('runtime', `ready for ${strategy}`, `driver ${runtime.name}`)];
  return problems.map((problem) => missing('runtime', { found: 'unusable', where: problem }));
}
