import type { DriverCall, GatewayApiSettings } from '../../core/drivers.ts';
import { ConflictError } from '../../core/errors.ts';
import { describeShares, type Shares } from '../../core/rollout/step.ts';
import { formatMs } from '../../core/slo.ts';
import { systemClock } from '../../system/clock.ts';
import { type KubernetesClient, KubernetesError, openKubernetes } from '../../system/kubernetes.ts';
import { ownersOf, parseAnswer } from './answers.ts';
import { readEndpoints } from './endpoints.ts';
import {
  type HttpRoute,
  isSplitSo,
  routeError,
  routePath,
  routeSchema,
  splitOf,
  weightPatch,
  weightsIn,
} from './route.ts';
import { routeProblem } from './route-status.ts';
import type { SideEndpoints } from './serving-sides.ts';

/** The route and what is behind it, in one namespace. */
export interface Gateway {
  readonly settings: GatewayApiSettings;
  readonly connect: () => Promise<KubernetesClient>;
  readonly readRoute: (call?: DriverCall) => Promise<HttpRoute>;
  readonly readSides: (call?: DriverCall) => Promise<SideEndpoints>;
  /** Waits until the route's parents have accepted its present generation; throws ToolError once the time is over. */
  readonly accepted: (
    wait: { readonly shares?: Shares; readonly limitMs: number },
    call?: DriverCall,
  ) => Promise<HttpRoute>;
  /** Throws ToolError where the route has other weights. */
  readonly requireShares: (route: HttpRoute, shares: Shares) => Promise<void>;
  readonly patch: (route: HttpRoute, shares: Shares, call?: DriverCall) => Promise<void>;
}

const pollMs = 50;

export function openGateway(settings: GatewayApiSettings): Gateway {
  const { connect } = openKubernetes(settings.cluster);
  const { route: name, backends } = settings;
  const fail = (message: string) => routeError(settings, message);

  const readRoute: Gateway['readRoute'] = async (call) => {
    const client = await connect();
    const path = routePath(client.namespace, name);
    const answer = await client.request('GET', path, undefined, { signal: call?.signal });
    return parseAnswer(routeSchema, answer, `HTTPRoute ${name}`);
  };

  const requireShares: Gateway['requireShares'] = async (route, shares) => {
    const split = splitOf(route, settings, (await connect()).namespace);
    if (!isSplitSo(split, shares)) throw fail(describeRestored(route, shares, weightsIn(split)));
  };

  return {
    settings,
    connect,
    readRoute,
    readSides: async (call) => {
      const client = await connect();
      const [blue, green] = await Promise.all([
        readEndpoints(client, backends.blue, call),
        readEndpoints(client, backends.green, call),
      ]);
      return { blue, green };
    },
    requireShares,
    accepted: async ({ shares, limitMs }, call) => {
      const began = systemClock.monotonic();
      for (;;) {
        const route = await readRoute(call);
        if (shares) await requireShares(route, shares);
        const problem = routeProblem(route);
        if (!problem) return route;
        const isOver = problem.kind === 'refused' || systemClock.monotonic() - began + pollMs > limitMs;
        if (isOver || call?.signal?.aborted) {
          const waited = problem.kind === 'lagging' && shares ? ` after ${formatMs(limitMs)}` : '';
          throw fail(`HTTPRoute ${name} is not in effect${waited}: ${problem.text}.`);
        }
        await systemClock.sleep(pollMs, call?.signal);
      }
    },
    patch: async (route, shares, call) => {
      const client = await connect();
      const split = splitOf(route, settings, client.namespace);
      const body = { jsonPatch: weightPatch(settings.rule, split, shares) };
      try {
        await client.request('PATCH', routePath(client.namespace, name), body, { signal: call?.signal });
      } catch (error) {
        if (!(error instanceof KubernetesError && error.status === 422)) throw error;
        const now = await readRoute(call);
        if (now.metadata.generation === route.metadata.generation) throw error;
        throw changed(now, settings, client.namespace, error);
      }
    },
  };
}

/** The weights were tested by the patch that sets them, so nothing was set. */
function changed(
  now: HttpRoute,
  settings: GatewayApiSettings,
  namespace: string,
  cause: KubernetesError,
): ConflictError {
  const weights = weightsIn(splitOf(now, settings, namespace));
  const message = `HTTPRoute ${settings.route} was changed from outside while its weights were to be set: they are ${weights} now, changed by ${describeOwner(now)}. Nothing was set.`;
  return new ConflictError(message, { command: cause.command, exitCode: null }, { cause });
}

const describeRestored = (route: HttpRoute, shares: Shares, weights: string): string =>
  `HTTPRoute ${route.metadata.name} was set to ${describeShares(shares)}, and its weights are ${weights} now: changed by ${describeOwner(route)}. A controller that restores the route has to leave the weights of its backends alone.`;

/** Since the rules are one field for the API server, what has written them last owns the weights. */
export function describeOwner({ metadata }: HttpRoute): string {
  const [owner] = ownersOf(metadata, ['f:spec', 'f:rules']);
  return owner ? `${owner.manager}${owner.time === '' ? '' : ` at ${owner.time}`}` : 'an unknown field manager';
}
