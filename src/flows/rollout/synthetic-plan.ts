import { UserError } from '../../core/errors.ts';
import { type LoadPlan, type LoadProfiles, planLoad, profilesFor } from '../../core/load-plan.ts';
import { paceRate } from '../../core/pace.ts';
import type { RolloutSettings } from '../../core/rollout/settings.ts';
import { formatCount } from '../../core/slo.ts';
import type { Target } from '../../core/target.ts';

/** Of a target's rate limit, what requests of our own may use; users, the smoke and probes need the other half. */
const usedPart = 1 / 2;
/** Canary and baseline receive as many. */
const sides = 2;

/**
 * The requests of our own to one side; why there are none; undefined where the settings ask for none. Throws UserError for an
 * unknown profile.
 */
export function planSynthetic(
  { load, rateLimit }: Pick<Target, 'load' | 'rateLimit'>,
  { synthetic }: Pick<RolloutSettings, 'synthetic'>,
  profiles: LoadProfiles,
  durationMs: number,
): LoadPlan | { readonly none: string } | undefined {
  if (synthetic === false) return undefined;
  if (load.off !== undefined) return { none: `load.off of the target file: ${load.off}` };
  const { profile, rate } = synthetic;
  const known = profilesFor(profiles, load);
  if (!Object.hasOwn(known.profiles, profile))
    throw new UserError(
      `rollout.synthetic.profile: there is no load profile "${profile}" in config/load-profiles.yaml.`,
      Object.keys(known.profiles).map((each) => `rollout: { synthetic: { profile: ${each} } } in the target file`),
    );
  const plan = planLoad(known, { profile, durationMs, ...(rate === undefined ? {} : { rate }) });
  const most = paceRate(rateLimit);
  const needed = plan.peakRequestsPerSecond * sides;
  if (most === undefined || needed <= most * usedPart) return plan;
  return {
    none: `${formatCount(needed)} requests/s to both sides together are more than half of the rate limit of ${Number(most.toFixed(1))}/s`,
  };
}
