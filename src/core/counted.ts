import { defaultMetricNames, type MetricNames, type OutcomeCounter } from './metric-names.ts';
import { readinessProbe } from './service.ts';
import type { Slo } from './slo.ts';
import type { Target } from './target.ts';

/** What is counted of a target: its objectives, under its names. */
export interface Counted {
  readonly slos: readonly Slo[];
  readonly names: MetricNames;
}

/** The objectives under the names of a target; its own probe routes are left out of them. */
export function countedOf({ metrics, service }: Pick<Target, 'metrics' | 'service'>, slos: readonly Slo[]): Counted {
  const names = metrics?.names ?? defaultMetricNames;
  // Where the first page of a service is its probe, users ask for it too.
  const own = [service.health.path, readinessProbe(service).path].filter((path) => path !== '' && path !== '/');
  return { slos, names: { ...names, probes: [...names.probes, ...own] } };
}

/** The counter of an objective on attempts: that of the target file, or else that of the objectives file. */
export const counterOf = ({ counter }: Slo, { payments }: MetricNames): OutcomeCounter | undefined =>
  payments ?? counter;
