import { type FindingRank, findingRanks } from './finding-tag.ts';
import type { ClauseId } from './sop.ts';
import type { AcceptedFinding } from './target.ts';

/** `accepted`: it did not pass, by differences only that the target file accepts. */
export type JudgementStatus = 'pass' | 'fail' | 'inconclusive' | 'error' | 'accepted';

/** One-sided lower and upper confidence bounds, each at `level`; valid at any time, however often they are evaluated. */
export interface Bounds {
  /** Fractions in [0, 1]. */
  readonly lower: number;
  readonly upper: number;
  /** Confidence of each bound on its own, in (0, 1), e.g. 0.95. */
  readonly level: number;
}

/** The decision on one check. */
export interface Judgement {
  /** Stable, dotted: `smoke.postman`, `load.latency-p95`. */
  readonly id: string;
  readonly title: string;
  readonly clauses: readonly ClauseId[];
  readonly status: JudgementStatus;
  readonly expected: string;
  readonly actual: string;
  /** One sentence that can be understood without the rest of the report. */
  readonly because: string;
  /** Present for rates and percentiles; fractions of `samples`. */
  readonly bounds?: Bounds;
  /** Number of trials behind `actual`. */
  readonly samples?: number;
  /** Paths relative to the run's folder. */
  readonly evidence: readonly string[];
  /** Request ids of failures, or of the one request behind a pass. */
  readonly requestIds: readonly string[];
  /** How serious it is where it failed; absent for what its clauses say. */
  readonly rank?: FindingRank;
  /** The known differences that it has. */
  readonly accepted?: readonly AcceptedFinding[];
}

/** Whether a check is settled: it passed, or what it found is accepted. */
export const isSettled = ({ status }: Pick<Judgement, 'status'>): boolean => status === 'pass' || status === 'accepted';

/** A check that does not apply to the target, or that this run skipped. It is never a pass. */
export interface NotChecked {
  readonly id: string;
  readonly title: string;
  readonly clauses: readonly ClauseId[];
  /** `not-applicable`: the target does not have what the check needs. `skipped`: this run did not perform it. */
  readonly reason: 'not-applicable' | 'skipped';
  readonly because: string;
  /** A required check that was skipped prevents GO. */
  readonly required: boolean;
}

export type VerdictWord = 'GO' | 'NO-GO' | 'HOLD';

export interface Verdict {
  readonly word: VerdictWord;
  /** One sentence with the deciding check. */
  readonly because: string;
  /** Ids of the deciding judgements, or of required checks that were skipped. */
  readonly decidedBy: readonly string[];
}

/**
 * Combines all judgements. GO only when there is at least one, all passed and no required check was skipped; NO-GO when
 * any failed, whatever else could not be measured; HOLD otherwise.
 */
export function reachVerdict(
  judgements: readonly Judgement[],
  notChecked: readonly NotChecked[] = [],
  interrupted = false,
): Verdict {
  const failed = judgements.filter(({ status }) => status === 'fail').toSorted((a, b) => rankOf(a) - rankOf(b));
  if (failed.length > 0) return { word: 'NO-GO', because: sentence(failed), decidedBy: failed.map(({ id }) => id) };

  const open = judgements.filter((judgement) => !isSettled(judgement));
  const skipped = notChecked.filter((check) => check.required && check.reason === 'skipped');
  const undecided = [...open, ...skipped];
  if (interrupted) {
    return {
      word: 'HOLD',
      because: 'The run was interrupted.',
      decidedBy: undecided.map(({ id }) => id),
    };
  }
  if (judgements.length === 0) return { word: 'HOLD', because: 'Nothing was judged.', decidedBy: [] };
  if (undecided.length > 0)
    return { word: 'HOLD', because: sentence(undecided), decidedBy: undecided.map(({ id }) => id) };
  return { word: 'GO', because: describePasses(judgements), decidedBy: [] };
}

function describePasses(judgements: readonly Judgement[]): string {
  const differences = new Set(judgements.flatMap(({ accepted = [] }) => accepted.map(({ id }) => id))).size;
  const passed = judgements.filter(({ status }) => status === 'pass').length;
  if (differences > 0) {
    const known = differences === 1 ? 'one known difference is' : `${differences} known differences are`;
    return `${passed} of ${judgements.length} required checks passed; ${known} accepted.`;
  }
  return judgements.length === 1
    ? 'The one required check passed.'
    : `All ${judgements.length} required checks passed.`;
}

/** Money and access come before the contract, and the contract before its form. */
const rankOf = ({ rank, clauses }: Judgement): number =>
  findingRanks.indexOf(rank ?? (clauses.includes('3.2c') ? 'money' : 'contract'));

const sentence = (deciding: readonly { title: string; because: string }[]): string => {
  const [first, ...more] = deciding;
  if (!first) return '';
  const others = more.length === 1 ? '1 more check' : `${more.length} more checks`;
  const tail = more.length > 0 ? `; ${others} did not pass.` : '';
  return `${first.title}: ${tail === '' ? first.because : first.because.replace(/\.$/, '')}${tail}`;
};

export const exitCodes = { go: 0, noGo: 1, usage: 2, hold: 3, interventionRequired: 4, interrupted: 130 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

export function exitCodeOf(word: VerdictWord, interrupted = false): ExitCode {
  if (interrupted) return exitCodes.interrupted;
  return { GO: exitCodes.go, 'NO-GO': exitCodes.noGo, HOLD: exitCodes.hold }[word];
}
