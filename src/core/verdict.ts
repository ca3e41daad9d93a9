import type { ClauseId } from './sop.ts';

export type JudgementStatus = 'pass' | 'fail' | 'inconclusive' | 'error';

/** A one-sided lower and a one-sided upper confidence bound, each at `level`, valid at whatever moment it is looked at. */
export interface Bounds {
  /** Fractions in [0, 1]. */
  readonly lower: number;
  readonly upper: number;
  /** Confidence of each bound by itself, in (0, 1), e.g. 0.95. */
  readonly level: number;
}

/** One check, decided. */
export interface Judgement {
  /** Stable, dotted: `smoke.postman`, `load.latency-p95`. */
  readonly id: string;
  readonly title: string;
  readonly clauses: readonly ClauseId[];
  readonly status: JudgementStatus;
  readonly expected: string;
  readonly actual: string;
  /** One sentence that a person understands without the rest of the report. */
  readonly because: string;
  /** Where it is a rate or a percentile; fractions of `samples`. */
  readonly bounds?: Bounds;
  /** Trials behind `actual`. */
  readonly samples?: number;
  /** Files in the run's folder, relative to it. */
  readonly evidence: readonly string[];
  /** Request ids that show a failure (or prove the pass where there is just one). */
  readonly requestIds: readonly string[];
}

/** A check that this target cannot be asked, or that this run left out, and why. It is never a pass. */
export interface NotChecked {
  readonly id: string;
  readonly title: string;
  readonly clauses: readonly ClauseId[];
  /** `not-applicable`: the target has no such thing. `skipped`: this run left it out. */
  readonly reason: 'not-applicable' | 'skipped';
  readonly because: string;
  /** A required check that was skipped keeps the verdict from being GO. */
  readonly required: boolean;
}

export type VerdictWord = 'GO' | 'NO-GO' | 'HOLD';

export interface Verdict {
  readonly word: VerdictWord;
  /** One sentence: what decided. */
  readonly because: string;
  /** Ids of the judgements (or of the checks not checked) that decided. */
  readonly decidedBy: readonly string[];
}

/**
 * All judgements together. GO only when there is at least one judgement, every one passed and no required check was
 * left out; NO-GO when any failed, whatever else could not be seen; HOLD otherwise.
 */
export function reachVerdict(
  judgements: readonly Judgement[],
  notChecked: readonly NotChecked[] = [],
  interrupted = false,
): Verdict {
  const failed = judgements.filter((judgement) => judgement.status === 'fail');
  if (failed.length > 0) return { word: 'NO-GO', because: sentence(failed), decidedBy: failed.map(({ id }) => id) };

  const open = judgements.filter((judgement) => judgement.status !== 'pass');
  const leftOut = notChecked.filter((check) => check.required && check.reason === 'skipped');
  const undecided = [...open, ...leftOut];
  if (interrupted) {
    return {
      word: 'HOLD',
      because: 'The run was interrupted before it was over.',
      decidedBy: undecided.map(({ id }) => id),
    };
  }
  if (judgements.length === 0) return { word: 'HOLD', because: 'Nothing was judged.', decidedBy: [] };
  if (undecided.length > 0)
    return { word: 'HOLD', because: sentence(undecided), decidedBy: undecided.map(({ id }) => id) };
  return {
    word: 'GO',
    because:
      judgements.length === 1 ? 'The one required check passed.' : `All ${judgements.length} required checks passed.`,
    decidedBy: [],
  };
}

const sentence = (deciding: readonly { title: string; because: string }[]): string => {
  const [first, ...more] = deciding;
  if (!first) return '';
  return `${first.title}: ${first.because}${more.length > 0 ? ` (and ${more.length} more)` : ''}`;
};

export const exitCodes = { go: 0, noGo: 1, usage: 2, hold: 3, interventionRequired: 4, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function exitCodeOf(word: VerdictWord, interrupted = false): ExitCode {
  if (interrupted) return exitCodes.interrupted;
  return { GO: exitCodes.go, 'NO-GO': exitCodes.noGo, HOLD: exitCodes.hold }[word];
}
