import type { HttpRoute, ParentRef } from './route.ts';

/** Why the controllers of a route's parents do not vouch for its present generation. */
export interface RouteProblem {
  /** `lagging`: not reported yet, or never, where no controller runs. */
  readonly kind: 'lagging' | 'refused';
  readonly text: string;
}

type Parents = NonNullable<NonNullable<HttpRoute['status']>['parents']>;

/**
 * undefined where each parent of the route has accepted its present generation. Of several controllers that report on one
 * parent, one that has is enough: the status of a controller that was removed stays for ever.
 */
export function routeProblem(route: HttpRoute): RouteProblem | undefined {
  const refs = route.spec.parentRefs ?? [];
  if (refs.length === 0) return { kind: 'refused', text: 'the route has no parentRefs, so no gateway serves it' };
  const problems = refs.map((ref) => parentProblem(ref, route)).filter((problem) => problem !== undefined);
  return problems.find(({ kind }) => kind === 'refused') ?? problems[0];
}

function parentProblem(ref: ParentRef, { metadata, status }: HttpRoute): RouteProblem | undefined {
  const key = keyOf(ref, metadata.namespace);
  const reports = (status?.parents ?? []).filter(({ parentRef }) => keyOf(parentRef, metadata.namespace) === key);
  if (reports.length === 0)
    return { kind: 'lagging', text: `no controller has reported a status for ${describeParent(ref)}` };
  const problems = reports.map((report) => reportProblem(report, metadata.generation));
  if (problems.some((problem) => problem === undefined)) return undefined;
  return problems.find((problem) => problem?.kind === 'refused') ?? problems[0];
}

function reportProblem(
  { parentRef, controllerName, conditions }: Parents[number],
  generation: number,
): RouteProblem | undefined {
  const of = `${describeParent(parentRef)} (${controllerName})`;
  for (const [type, wanted] of [
    ['Accepted', 'True'],
    ['ResolvedRefs', 'True'],
    ['PartiallyInvalid', 'False'],
  ] as const) {
    const condition = conditions?.find((each) => each.type === type);
    const seen = condition?.observedGeneration;
    // Present only while something is invalid.
    if (wanted === 'False' && seen !== generation) continue;
    if (!condition || typeof seen !== 'number' || seen < generation) {
      const state = condition ? `at generation ${seen ?? 'unknown'}` : 'missing';
      return { kind: 'lagging', text: `${of}: condition ${type} is ${state}, the route is at ${generation}` };
    }
    if (condition.status !== wanted) {
      const reason = [condition.reason, condition.message].filter(Boolean).join(': ');
      return { kind: 'refused', text: `${of}: ${type} is ${condition.status}, ${reason || 'without a reason'}` };
    }
  }
  return undefined;
}

const describeParent = ({ kind, name, sectionName }: ParentRef): string =>
  `${kind ?? 'Gateway'} ${name}${sectionName ? `, ${sectionName}` : ''}`;

/** With the defaults of the API. */
const keyOf = ({ group, kind, namespace, name, sectionName, port }: ParentRef, own: string | undefined): string =>
  [group ?? 'gateway.networking.k8s.io', kind ?? 'Gateway', namespace ?? own, name, sectionName, port].join('/');
