import type { DriverCall, ShareProbeSettings } from '../../core/drivers.ts';
import { answersNeeded } from '../../core/share.ts';
import type { Colour } from '../../core/target.ts';
import { askAfresh } from '../../system/fresh-request.ts';
import type { Releases } from './pod-releases.ts';
import { notOfAPod } from './share-measurement.ts';

const timeoutMs = 5000;

/** Why the served share could not be measured at the public address; undefined where one answer of it shows a release. */
export async function probeProblem(
  { url, header }: ShareProbeSettings,
  call: DriverCall | undefined,
): Promise<string | undefined> {
  const answer = await askAfresh({ url, headers: { 'cache-control': 'no-cache' }, timeoutMs, signal: call?.signal });
  const place = `router.probe.url ${url}`;
  if (!answer.ok) return `${place} gave no answer: ${answer.error}`;
  if (answer.status === 429) return `${place} answered 429: exempt it from the rate limit, or name another address`;
  const reason = notOfAPod(answer, header);
  return reason === undefined
    ? undefined
    : `${place} gave ${reason}; it has to pass the router and show the release (router.probe.header)`;
}

/** Sides with traffic whose pods name no release at their own address, so that an answer could be of no side. */
export const silentPods = (
  withTraffic: readonly Colour[],
  releases: Releases,
  { header }: ShareProbeSettings,
): string[] =>
  withTraffic.flatMap((colour) => {
    const { names, silent } = releases[colour];
    return names.size === 0
      ? [
          `no pod of ${colour} names its release in ${header} at its own address, which has to be reachable from here (in the cluster, or by a route to its pods): ${silent.slice(0, 3).join('; ')}`,
        ]
      : [];
  });

/** Neighbouring stages that no measurement distinguishes. */
export const closeStages = (stages: readonly number[]): string[] =>
  stages.flatMap((stage, index) => {
    const before = stages[index - 1] ?? 0;
    return answersNeeded({ wanted: stage / 100, before: before / 100 }, 20) === undefined
      ? [
          `the stages ${before} % and ${stage} % are too close for 2000 answers to distinguish the served shares: rollout.stages`,
        ]
      : [];
  });
