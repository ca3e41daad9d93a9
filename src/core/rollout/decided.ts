export const decisionWords = ['go', 'no-go', 'extend'] as const;

/** What a person has decided about a rollout, bound to the evidence that the decision is based on. */
export interface Decision {
  /** A decision that is delivered twice counts once. */
  readonly id: string;
  readonly decision: (typeof decisionWords)[number];
  readonly by: string;
  readonly because: string;
  /** Of the evidence of that moment: its number of events, and a hash of them. */
  readonly digest: string;
  /** Of `extend`: further time of the stage or the watch in ms. */
  readonly extendMs?: number;
}

/** `GO decided by Ada: the payments provider confirmed its outage`. */
export function describeDecision({ decision, by, because, extendMs }: Decision, time: (ms: number) => string): string {
  const what = { go: 'GO', 'no-go': 'NO-GO', extend: `Extension by ${time(extendMs ?? 0)}` }[decision];
  return `${what} decided by ${by}: ${because}`;
}
