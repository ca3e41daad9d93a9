import type { ProbeSample } from './evidence.ts';

/**
 * Whether a front gave this answer and not the release: a rate limit (429), and a 503 without the release header of a service
 * that has one. It proves nothing about the release.
 */
export const isOfFront = (
  { status, ok, release }: Pick<ProbeSample, 'status' | 'ok' | 'release'>,
  /** Whether the service names its release in every answer. */
  identifies: boolean,
): boolean => !ok && (status === 429 || (status === 503 && identifies && release === undefined));

/** `3 of 5 probes were answered 429 by a rate limit`. */
export function describeFront(samples: readonly ProbeSample[], all: number): string {
  const limited = samples.filter(({ status }) => status === 429).length;
  const parts = [
    ...(limited > 0 ? [`${limited} with 429 by a rate limit`] : []),
    ...(limited < samples.length
      ? [`${samples.length - limited} with 503 by the front, without the release header`]
      : []),
  ];
  return `${samples.length} of ${all} probes were answered ${parts.join(' and ')}`;
}
