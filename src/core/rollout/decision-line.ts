/**
 * The line of the order of decision that decided. `smoke`: red or degraded (4.1c). `fast`, `breach`: proved. `sop`: the
 * literal rules. `hold`: an open question, or the stage's time is spent. `proofs`: reached, or not yet. `watch-end`: the end
 * of the watch.
 */
export const decisionLines = ['smoke', 'fast', 'breach', 'sop', 'hold', 'proofs', 'watch-end'] as const;
export type DecisionLine = (typeof decisionLines)[number];

const names: Readonly<Record<DecisionLine, string>> = {
  smoke: 'smoke or readiness (4.1c)',
  fast: 'breach and regression proved',
  breach: 'breach proved',
  sop: "the SOP's literal rule",
  hold: 'an open question, or the time of the stage',
  proofs: 'the proofs of the stage',
  'watch-end': 'the end of the watch',
};

/** `decided by: breach proved` */
export const describeLine = (line: DecisionLine): string => `decided by: ${names[line]}`;
