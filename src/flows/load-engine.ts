import { UserError } from '../core/errors.ts';
import type { Target } from '../core/target.ts';

/** The target with the runners of --runners. Throws UserError where its load has no engine that runs several. */
export function withRunners(target: Target, runners: number | undefined): Target {
  if (runners === undefined) return target;
  const { engine, off } = target.load;
  if (engine) return { ...target, load: { ...target.load, engine: { ...engine, runners } } };
  const why = off === undefined ? 'its load runs by k6 on this machine' : `it has no load: ${off}`;
  throw new UserError(`--runners ${runners}: the target ${target.name} names no \`load.engine\`, so ${why}.`, [
    'cluster: {}   in the target file: how the cluster is reached',
    "load: { engine: { driver: kubernetes, runners: 4, image: 'grafana/k6:2.2.0' } }",
    'docs/load.md explains both',
  ]);
}
