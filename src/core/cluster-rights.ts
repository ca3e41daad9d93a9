import type { ClusterRight } from './cluster.ts';
import { type LoadEngine, loadEngineRights } from './load-engine.ts';
import type { RouterSettings, RuntimeSettings, StoreSettings } from './drivers.ts';

/** What of a target is in Kubernetes. Drivers that are elsewhere need no right. */
export interface ClusterUse {
  /** The target's name, which its lock is named after. */
  readonly target: string;
  readonly router?: RouterSettings | undefined;
  readonly runtime?: RuntimeSettings | undefined;
  readonly store?: StoreSettings | undefined;
  readonly engine?: { readonly driver: 'k6' | LoadEngine['driver'] } | undefined;
}

type Verb = ClusterRight['verb'];
type Place = Pick<ClusterRight, 'group' | 'resource' | 'because'>;

const core = '';
const of = (place: Place, verbs: readonly Verb[], names: readonly string[] = []): ClusterRight[] =>
  verbs.flatMap((verb): ClusterRight[] =>
    names.length === 0 ? [{ ...place, verb }] : names.map((name) => ({ ...place, verb, name })),
  );

/**
 * Every right that the drivers of a target use, each once for the first key that needs it. `create` and `list` cannot be
 * limited to names by RBAC, so those rights are of the whole namespace.
 */
export function rightsOf(use: ClusterUse): ClusterRight[] {
  const rights = [...routerRights(use), ...runtimeRights(use), ...storeRights(use), ...loadRights(use)];
  const general = new Set(rights.filter(({ name }) => name === undefined).map(keyOf));
  const needed = rights.filter((right) => right.name === undefined || !general.has(keyOf({ ...right, name: '' })));
  return [...new Map(needed.toReversed().map((right) => [keyOf(right), right])).values()].toReversed();
}

const keyOf = ({ verb, group, resource, name = '' }: Omit<ClusterRight, 'because'>): string =>
  [verb, group, resource, name].join(' ');

function routerRights({ router }: ClusterUse): ClusterRight[] {
  const because = 'router';
  const slices = of({ group: 'discovery.k8s.io', resource: 'endpointslices', because }, ['list']);
  const services = { group: core, resource: 'services', because };
  switch (router?.driver) {
    case 'gateway-api':
      return [
        ...of(
          { group: 'gateway.networking.k8s.io', resource: 'httproutes', because },
          ['get', 'patch'],
          [router.route],
        ),
        ...of(services, ['get'], [router.backends.blue, router.backends.green]),
        ...slices,
      ];
    case 'service-selector':
      return [
        ...of(services, router.selector === undefined ? ['get'] : ['get', 'patch'], [router.service]),
        ...slices,
        ...of({ group: core, resource: 'pods', because }, ['list']),
      ];
    default:
      return [];
  }
}

function runtimeRights({ runtime }: ClusterUse): ClusterRight[] {
  if (runtime?.driver !== 'kubernetes') return [];
  const because = 'runtime';
  const { blue, green } = runtime.deployments;
  return [
    ...of(
      { group: 'apps', resource: 'deployments', because },
      ['get', 'patch'],
      green === undefined ? [blue] : [blue, green],
    ),
    ...of({ group: 'apps', resource: 'replicasets', because }, ['list']),
    ...of({ group: core, resource: 'pods', because }, ['get', 'list', 'watch']),
    ...of({ group: core, resource: 'pods/log', because }, ['get']),
  ];
}

function storeRights({ store, target }: ClusterUse): ClusterRight[] {
  if (store?.driver !== 'kubernetes') return [];
  const because = 'store';
  const leases = { group: 'coordination.k8s.io', resource: 'leases', because };
  return [
    ...of(leases, ['create']),
    ...of(leases, ['get', 'patch'], [`shiproom.${target}.lock`]),
    ...of({ group: core, resource: 'configmaps', because }, ['get', 'list', 'create', 'patch', 'delete']),
  ];
}

const loadRights = ({ engine }: ClusterUse): ClusterRight[] =>
  engine === undefined || engine.driver === 'k6' ? [] : loadEngineRights({ driver: engine.driver });

/** A rule of a Role, as YAML in one line. */
export interface RoleRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
  readonly verbs: readonly string[];
}

const verbOrder: readonly Verb[] = ['get', 'list', 'watch', 'create', 'patch', 'delete'];

/** The rules of a Role that allow exactly these rights. */
export function rulesOf(rights: readonly ClusterRight[]): RoleRule[] {
  const byName = new Map<string, ClusterRight[]>();
  for (const right of rights) {
    const key = [right.group, right.resource, right.name ?? ''].join(' ');
    byName.set(key, [...(byName.get(key) ?? []), right]);
  }
  const rules = new Map<string, { first: ClusterRight; names: string[]; verbs: string[] }>();
  for (const [first, ...others] of byName.values()) {
    if (!first) continue;
    const own = [first, ...others].map(({ verb }) => verb);
    const verbs = verbOrder.filter((verb) => own.includes(verb));
    const key = [first.group, first.resource, first.name === undefined ? 'all' : 'named', ...verbs].join(' ');
    const rule = rules.get(key) ?? { first, names: [], verbs };
    rules.set(key, { ...rule, names: [...rule.names, ...(first.name === undefined ? [] : [first.name])] });
  }
  return [...rules.values()].map(({ first, names, verbs }) => ({
    apiGroups: [first.group],
    resources: [first.resource],
    ...(names.length === 0 ? {} : { resourceNames: names }),
    verbs,
  }));
}

/** `- { apiGroups: [apps], resources: [deployments], resourceNames: [api], verbs: [get, patch] }` */
export function formatRule({ apiGroups, resources, resourceNames, verbs }: RoleRule): string {
  const list = (texts: readonly string[]) => `[${texts.map((text) => (text === '' ? "''" : text)).join(', ')}]`;
  const names = resourceNames === undefined ? '' : `, resourceNames: ${list(resourceNames)}`;
  return `- { apiGroups: ${list(apiGroups)}, resources: ${list(resources)}${names}, verbs: ${list(verbs)} }`;
}
