import { formatRate, type Slo } from '../core/slo.ts';
import type { ClauseId } from '../core/sop.ts';
import type { Judgement } from '../core/verdict.ts';

/** Where the true rate of the unwanted event lies, against what it may be. Fractions in [0, 1]. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly limit: number;
  /** The rollback criterion on the same event, where the SOP has one. */
  readonly rollback?: number;
  /** `5xx truly 0.2 % to 0.4 %`, for where the limit stands beside it. */
  readonly brief: string;
  /** In words, for those who do not see the picture. */
  readonly told: string;
}

/** A rate's judgement is named `<source>.<id of the objective>`. */
const objectiveOf = (judgement: Judgement, slos: readonly Slo[]): Slo | undefined =>
  slos.find(({ id }) => judgement.id.endsWith(`.${id}`));

const eventWords: Record<Slo['event']['kind'], string> = {
  'slow-response': 'slow responses',
  'server-error': '5xx',
  'failed-payment': 'failed payments',
};

export function intervalOf(judgement: Judgement, slos: readonly Slo[]): Interval | undefined {
  const slo = objectiveOf(judgement, slos);
  const { bounds } = judgement;
  if (!slo || !bounds) return undefined;
  const words = eventWords[slo.event.kind];
  const rollback = slo.rollback ? `, rollback above ${formatRate(slo.rollback.above)}` : '';
  const rates = `${formatRate(bounds.lower)} to ${formatRate(bounds.upper)}`;
  return {
    lower: bounds.lower,
    upper: bounds.upper,
    limit: slo.limit,
    ...(slo.rollback ? { rollback: slo.rollback.above } : {}),
    brief: `${words} truly ${rates}`,
    told: `${words}: true rate ${rates} (each bound ${formatRate(bounds.level)} sure), limit ${formatRate(slo.limit)}${rollback}`,
  };
}

/** One clause says Go and another says roll back: the SOP contradicts itself there, and the reader has to be told. */
export interface Conflict {
  readonly judgement: Judgement;
  readonly kept: ClauseId;
  readonly tripped: ClauseId;
}

export function conflictsIn(judgements: readonly Judgement[], slos: readonly Slo[]): Conflict[] {
  return judgements.flatMap((judgement) => {
    const slo = objectiveOf(judgement, slos);
    const tripped = slo?.rollback?.clause;
    if (judgement.status !== 'fail' || !slo || !tripped || !judgement.clauses.includes(tripped)) return [];
    return [{ judgement, kept: slo.clause, tripped }];
  });
}
