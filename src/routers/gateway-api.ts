import type { DriverCall, GatewayApiSettings } from '../core/drivers.ts';
import { UserError } from '../core/errors.ts';
import { describeShares, type Shares } from '../core/rollout/step.ts';
import { systemClock } from '../system/clock.ts';
import { membersOf } from './kubernetes/endpoints.ts';
import { openGateway } from './kubernetes/gateway.ts';
import { checkGateway } from './kubernetes/gateway-capabilities.ts';
import { createPodReleases } from './kubernetes/pod-releases.ts';
import { isSplitSo, routeError, sharesIn, splitOf } from './kubernetes/route.ts';
import { type GatewayParts, readReleases } from './kubernetes/route-releases.ts';
import { unservedIn } from './kubernetes/serving-sides.ts';
import { proveShares } from './kubernetes/prove-shares.ts';
import type { Router } from './router.ts';

const defaultTimeoutMs = 30_000;
/** How long a reading waits for the controller, which reports a generation after 13 to 51 ms. */
const lagMs = 1000;

/**
 * Shares traffic by the weights of an HTTPRoute. A change is believed once the route's parents have accepted it and the share
 * that the public address serves agrees: a gateway may report a generation long before it serves it.
 */
export function createGatewayApiRouter(settings: GatewayApiSettings): Router {
  const gateway = openGateway(settings);
  const releases = createPodReleases(settings.probe);
  return {
    name: 'gateway-api',
    handlesMembers: false,
    measuresShares: true,
    read: async (call) => {
      const [route, sides, { namespace }] = await Promise.all([
        gateway.accepted({ limitMs: lagMs }, call),
        gateway.readSides(call),
        gateway.connect(),
      ]);
      const split = splitOf(route, settings, namespace);
      const shares = sharesIn(split);
      if (!shares)
        throw routeError(
          settings,
          `HTTPRoute ${settings.route} gives both sides the weight 0, so every request gets 503.`,
        );
      const { blue, green } = sides;
      const members = [...membersOf('blue', split.blue.weight, blue), ...membersOf('green', split.green.weight, green)];
      return { shares, members };
    },
    setShares: (shares, call) => setShares({ gateway, releases }, shares, call),
    setMember: async () => {
      throw new UserError('A Gateway API route shares traffic between Services and cannot drain a single pod.', [
        'router: { driver: service-selector }   for a rolling update of one Deployment',
      ]);
    },
    checkCapabilities: (stages, call) => checkGateway({ gateway, releases }, stages, call),
  };
}

/** Repeated with the same shares, such as by a run that was killed before the measurement, it measures and sets nothing. */
async function setShares({ gateway, releases }: GatewayParts, shares: Shares, call?: DriverCall) {
  const { settings } = gateway;
  const { namespace } = await gateway.connect();
  const [route, sides] = await Promise.all([gateway.readRoute(call), gateway.readSides(call)]);
  const split = splitOf(route, settings, namespace);
  const unserved = unservedIn(shares, sides);
  if (unserved)
    throw routeError(
      settings,
      `Service ${settings.backends[unserved]} has no ready endpoint, so ${unserved} gets no traffic; the weights stay as they are.`,
    );
  const limitMs = settings.timeoutMs ?? defaultTimeoutMs;
  const beganMs = systemClock.monotonic();
  const isSet = isSplitSo(split, shares);
  if (!isSet) await gateway.patch(route, shares, call);
  const [known, accepted] = await Promise.all([
    readReleases({ gateway, releases }, { split, sides }, call),
    gateway.accepted({ shares, limitMs }, call),
  ]);
  const before = isSet ? undefined : sharesIn(split);
  return proveShares(
    {
      probe: settings.probe,
      releases: known,
      shares,
      before,
      beganMs,
      deadlineMs: beganMs + limitMs,
      recheck: async () => gateway.requireShares(await gateway.readRoute(call), shares),
      fail: (text) =>
        routeError(
          settings,
          `HTTPRoute ${settings.route} is set to ${describeShares(shares)} and accepted at generation ${accepted.metadata.generation}, but ${text}.`,
        ),
    },
    call,
  );
}
