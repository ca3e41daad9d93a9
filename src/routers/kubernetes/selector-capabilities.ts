import type { DriverCall } from '../../core/drivers.ts';
import { messageOf } from '../../core/errors.ts';
import { probeProblem, silentPods } from './check-probe.ts';
import { isServing } from './endpoints.ts';
import { type SelectorParts, sideReleases } from './selector-releases.ts';

/** What a rollout with these stages needs and the Service lacks; nothing is written. */
export async function checkSelector(
  { settings, service, releases }: SelectorParts,
  stages: readonly number[],
  call?: DriverCall,
): Promise<readonly string[]> {
  const { service: name, probe } = settings;
  try {
    const selected = await service.read(call);
    const between = stages.filter((stage) => stage !== 100);
    const found = [
      ...(between.length > 0
        ? [
            `Service ${name} switches all traffic at once, and the stages ${between.join(', ')} % are in between: rollout.stages: [100], or router gateway-api`,
          ]
        : []),
      ...(isServing(selected.endpoints)
        ? []
        : [`Service ${name} selects ${selected.colour} and has no ready endpoint: its users get no answer.`]),
    ];
    // Without those the answers would be no evidence.
    if (found.length > 0) return found;
    const problem = await probeProblem(probe, call);
    return [
      ...silentPods([selected.colour], await sideReleases(selected, releases, call), probe),
      ...(problem === undefined ? [] : [problem]),
    ];
  } catch (error) {
    return [messageOf(error)];
  }
}
