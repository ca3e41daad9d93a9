import type { DriverCall, ServiceSelectorSettings } from '../core/drivers.ts';
import { UserError } from '../core/errors.ts';
import { describeShares, type Shares } from '../core/rollout/step.ts';
import { systemClock } from '../system/clock.ts';
import { createPodReleases } from './kubernetes/pod-releases.ts';
import { proveShares } from './kubernetes/prove-shares.ts';
import { openPlainService } from './kubernetes/plain-service.ts';
import { type Selector, selectedMembers, selectorError } from './kubernetes/selected-pods.ts';
import { openSelectedService, type Selected } from './kubernetes/selected-service.ts';
import { checkSelector } from './kubernetes/selector-capabilities.ts';
import { type SelectorParts, sideReleases } from './kubernetes/selector-releases.ts';
import type { Router, RouterChange } from './router.ts';

const defaultTimeoutMs = 30_000;

/**
 * Switches all traffic by the selector of a Service, which is proved by its EndpointSlices and by what the public address
 * answers. Without `selector` the Service has one Deployment, which the runtime replaces, and the shares never change.
 */
export function createServiceSelectorRouter(settings: ServiceSelectorSettings): Router {
  const { selector } = settings;
  return selector ? switching(settings, selector) : standing(settings);
}

function switching(settings: ServiceSelectorSettings, selector: Selector): Router {
  const service = openSelectedService(settings, selector);
  const releases = createPodReleases(settings.probe);
  return {
    name: 'service-selector',
    handlesMembers: false,
    measuresShares: true,
    read: async (call) => {
      const { colour, pods, endpoints } = await service.read(call);
      return { shares: allOn(colour), members: selectedMembers(pods, endpoints) };
    },
    setShares: (shares, call) => setShares({ settings, service, releases }, shares, call),
    setMember: refuseMember,
    checkCapabilities: (stages, call) => checkSelector({ settings, service, releases }, stages, call),
  };
}

function standing(settings: ServiceSelectorSettings): Router {
  const service = openPlainService(settings);
  return {
    name: 'service-selector',
    handlesMembers: false,
    read: async (call) => ({ shares: allOn('blue'), members: await service.readMembers(call) }),
    setShares: async (shares) => {
      if (shares.blue === 100) return { problems: [] };
      throw new UserError('The router service-selector without `selector` has one side, whose share is always 100 %.', [
        'router.selector in the target file: { label: colour, blue: blue, green: green }',
      ]);
    },
    setMember: refuseMember,
    checkCapabilities: (_, call) => service.check(call),
  };
}

const allOn = (colour: 'blue' | 'green'): Shares => ({
  blue: colour === 'blue' ? 100 : 0,
  green: colour === 'green' ? 100 : 0,
});

const refuseMember: Router['setMember'] = async () => {
  throw new UserError(
    'A Service cannot drain a single pod; the runtime kubernetes replaces the pods of a Deployment.',
    ['npm run doctor'],
  );
};

async function setShares(
  { settings, service, releases }: SelectorParts,
  shares: Shares,
  call?: DriverCall,
): Promise<RouterChange> {
  const colour = shares.green === 100 ? 'green' : 'blue';
  if (shares[colour] !== 100)
    throw new UserError(`A Service switches all traffic at once, and ${describeShares(shares)} is neither side.`, [
      'rollout.stages: [100]   in the target file',
      'router: { driver: gateway-api }   for shares in between',
    ]);
  const before = await service.read(call);
  requireReady(before, colour, settings);
  const limitMs = settings.timeoutMs ?? defaultTimeoutMs;
  const beganMs = systemClock.monotonic();
  if (before.colour !== colour) await service.select(colour, before, call);
  const [known] = await Promise.all([sideReleases(before, releases, call), service.settled(colour, limitMs, call)]);
  return proveShares(
    {
      probe: settings.probe,
      releases: known,
      shares,
      before: before.colour === colour ? undefined : allOn(before.colour),
      beganMs,
      deadlineMs: beganMs + limitMs,
      recheck: () => service.requireColour(colour, call),
      fail: (text) =>
        selectorError(
          settings,
          `Service ${settings.service} selects ${colour}, and its EndpointSlices too, but ${text}.`,
        ),
    },
    call,
  );
}

function requireReady({ pods }: Selected, colour: 'blue' | 'green', settings: ServiceSelectorSettings): void {
  if (pods.some((pod) => pod.colour === colour && pod.ready)) return;
  throw selectorError(
    settings,
    `No pod of ${colour} is ready, so it gets no traffic; the selector of Service ${settings.service} stays as it is.`,
  );
}
