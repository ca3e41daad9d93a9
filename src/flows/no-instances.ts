import { UserError } from '../core/errors.ts';
import type { Router } from '../routers/index.ts';
import type { Runtime } from '../runtimes/index.ts';

/** A target with a platform has neither: no share of traffic can be set, and no instance started or stopped. */
export function noInstances(): { readonly router: Router; readonly runtime: Runtime } {
  const refuse = async (): Promise<never> => {
    throw new UserError('The target has a `platform`, and neither a router nor a runtime.', ['--strategy in-place']);
  };
  return {
    router: {
      name: 'none',
      handlesMembers: false,
      read: refuse,
      setShares: refuse,
      setMember: refuse,
      checkCapabilities: async () => ['the target has a `platform` and no router'],
    },
    runtime: { name: 'none', read: refuse, start: refuse, stop: refuse, lastEnding: refuse },
  };
}
