import { type LoadPlan, type LoadProfiles, planLoad, profilesFor } from '../core/load-plan.ts';
import { paceRate } from '../core/pace.ts';
import type { Target } from '../core/target.ts';

/** The command line overrides the target file, which overrides the profile. Throws UserError for an unknown profile. */
export function loadPlanOf(
  common: LoadProfiles,
  options: {
    readonly profile?: string | undefined;
    readonly rate?: number | undefined;
    readonly durationMs?: number | undefined;
  },
  own: Partial<Target['load']>,
  limit?: Target['rateLimit'],
): LoadPlan {
  const profiles = profilesFor(common, own);
  const profile = options.profile ?? own.profile ?? 'stage';
  const wanted = options.rate ?? own.rate;
  const most = paceRate(limit);
  const rate = most === undefined ? wanted : Math.min(most, wanted ?? profiles.profiles[profile]?.rate ?? most);
  const durationMs = options.durationMs ?? own.durationMs;
  return planLoad(profiles, {
    profile,
    ...(rate === undefined ? {} : { rate }),
    ...(durationMs === undefined ? {} : { durationMs }),
    ...(own.engine === undefined ? {} : { runners: own.engine.runners }),
  });
}
