import type { DriverCall, GatewayApiSettings } from '../../core/drivers.ts';
import { messageOf } from '../../core/errors.ts';
import { ownersOf } from './answers.ts';
import { closeStages, probeProblem, silentPods } from './check-probe.ts';
import { isServing } from './endpoints.ts';
import { type HttpRoute, type Split, splitOf } from './route.ts';
import { type GatewayParts, readReleases } from './route-releases.ts';
import { routeProblem } from './route-status.ts';
import { colours, readService, type SideEndpoints } from './serving-sides.ts';

/** What a rollout with these stages needs and the route lacks; nothing is written. */
export async function checkGateway(
  parts: GatewayParts,
  stages: readonly number[],
  call?: DriverCall,
): Promise<readonly string[]> {
  const { gateway } = parts;
  const { settings } = gateway;
  try {
    const client = await gateway.connect();
    const [route, sides] = await Promise.all([gateway.readRoute(call), gateway.readSides(call)]);
    const split = splitOf(route, settings, client.namespace);
    await Promise.all(colours.map((colour) => readService(client, settings.backends[colour], call)));
    const status = routeProblem(route);
    const found = [
      ...(status ? [`HTTPRoute ${settings.route} is not in effect: ${status.text}.`] : []),
      ...unservedSides(split, sides, settings),
      ...filterProblems(route, split, settings),
      ...otherRules(route, settings),
      ...reconcilers(route, settings),
      ...closeStages(stages),
    ];
    // Without those the answers would be no evidence.
    if (found.length > 0) return found;
    const releases = await readReleases(parts, { split, sides }, call);
    const probe = await probeProblem(settings.probe, call);
    const withTraffic = colours.filter((colour) => split[colour].weight > 0);
    return [...silentPods(withTraffic, releases, settings.probe), ...(probe === undefined ? [] : [probe])];
  } catch (error) {
    return [messageOf(error)];
  }
}

/** The side that gets its traffic later has its pods only when the release is started. */
const unservedSides = (split: Split, sides: SideEndpoints, { backends }: GatewayApiSettings): string[] =>
  colours.flatMap((colour) =>
    split[colour].weight > 0 && !isServing(sides[colour])
      ? [`Service ${backends[colour]} has the weight ${split[colour].weight} and no ready endpoint: its users get 503.`]
      : [],
  );

/** Filters that send requests past the weights, or write the header by which the sides are distinguished. */
function filterProblems(route: HttpRoute, split: Split, { rule, route: name, probe }: GatewayApiSettings): string[] {
  const filters = [
    ...(route.spec.rules?.[rule]?.filters ?? []),
    ...(split.blue.ref.filters ?? []),
    ...(split.green.ref.filters ?? []),
  ];
  const place = `rule ${rule} of HTTPRoute ${name}`;
  return filters.flatMap((filter) => {
    if (filter.type === 'RequestRedirect') return [`${place} redirects its requests, so its weights have no effect.`];
    const isWritten =
      filter.type === 'ResponseHeaderModifier' &&
      JSON.stringify(filter).toLowerCase().includes(`"${probe.header.toLowerCase()}"`);
    return isWritten
      ? [`${place} writes the header ${probe.header} itself (ResponseHeaderModifier), so it does not show the release.`]
      : [];
  });
}

/** Another rule with a side of this one keeps its own weights. */
const otherRules = (route: HttpRoute, { rule, route: name, backends }: GatewayApiSettings): string[] =>
  (route.spec.rules ?? []).flatMap(({ backendRefs }, index) => {
    const ours = (backendRefs ?? []).find(({ name: each }) => each === backends.blue || each === backends.green);
    return index !== rule && ours
      ? [
          `rule ${index} of HTTPRoute ${name} sends requests to ${ours.name} as well, and only rule ${rule} (router.rule) is shifted: its users would stay where they are.`,
        ]
      : [];
  });

/** Controllers that restore an object; their field managers begin so. */
const reconcilerNames =
  /^(argocd|argo-cd|argo-rollouts|rollouts-controller|kustomize-controller|helm-controller|flagger|fleet|kapp|configsync)/i;

/** Flux leaves an object alone by its annotations. */
const isLeftAlone = (annotations: Readonly<Record<string, string>>): boolean =>
  annotations['kustomize.toolkit.fluxcd.io/reconcile'] === 'disabled' ||
  annotations['kustomize.toolkit.fluxcd.io/ssa'] === 'IfNotPresent' ||
  annotations['kustomize.toolkit.fluxcd.io/ssa'] === 'Ignore';

function reconcilers(route: HttpRoute, { route: name, ignoredManagers = [] }: GatewayApiSettings): string[] {
  const [owner] = ownersOf(route.metadata, ['f:spec', 'f:rules']);
  if (!owner || !reconcilerNames.test(owner.manager) || ignoredManagers.includes(owner.manager)) return [];
  if (isLeftAlone(route.metadata.annotations ?? {})) return [];
  return [
    `the weights of HTTPRoute ${name} belong to the field manager ${owner.manager}, which would restore them during a rollout. Exclude them from it (Argo CD: ignoreDifferences with RespectIgnoreDifferences), then name it in router.ignoredManagers.`,
  ];
}
