import type { ClusterRight, ClusterSettings } from './cluster.ts';

/** Where k6 runs: without one, on this machine. Each of several runners sends its part of the one plan. */
export type LoadEngine =
  /** An Indexed Job of our own. */
  | ({ readonly driver: 'kubernetes' } & RunnerSettings)
  /** A TestRun of the k6-operator, which creates one Job for each runner. */
  | ({ readonly driver: 'k6-operator'; readonly starterImage?: string } & RunnerSettings);

export interface RunnerSettings {
  readonly cluster: ClusterSettings;
  /** In [1, 100]. */
  readonly runners: number;
  /** Its entry point is k6: `grafana/k6:2.2.0`. */
  readonly image: string;
  readonly pullPolicy?: 'Always' | 'IfNotPresent' | 'Never';
  /** Requested for each runner, as Kubernetes writes quantities. */
  readonly cpu?: string;
  readonly memory?: string;
  /** How long it may take until every runner is ready to start. */
  readonly startWithinMs: number;
}

const because = 'load.engine';

/** The rights that a load by this engine needs in its namespace. */
export function loadEngineRights({ driver }: Pick<LoadEngine, 'driver'>): ClusterRight[] {
  const of = (group: string, resource: string, verbs: readonly ClusterRight['verb'][]): ClusterRight[] =>
    verbs.map((verb) => ({ verb, group, resource, because }));
  return [
    ...of('', 'configmaps', ['create', 'delete']),
    ...of('', 'secrets', ['create', 'delete']),
    ...of('', 'pods', ['list']),
    ...(driver === 'kubernetes'
      ? [
          ...of('batch', 'jobs', ['get', 'list', 'create', 'patch', 'delete']),
          ...of('', 'pods/proxy', ['get', 'patch']),
        ]
      : [...of('batch', 'jobs', ['list']), ...of('k6.io', 'testruns', ['get', 'list', 'create', 'delete'])]),
  ];
}
