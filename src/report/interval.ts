import { describeObjective, formatRate, type Slo } from '../core/slo.ts';
import type { ClauseId } from '../core/sop.ts';
import type { Judgement } from '../core/verdict.ts';

/** Confidence bounds of the rate of the unwanted event, and its limit. Fractions in [0, 1]. */
export interface Interval {
  readonly lower: number;
  readonly upper: number;
  readonly limit: number;
  /** The rollback criterion on the same event, where the SOP has one. */
  readonly rollback?: number;
  /** The bound that decides, for a column beside the limit: `upper bound 0.4 %`; absent where the value has both bounds already. */
  readonly brief?: string;
  /** The whole picture as text. */
  readonly description: string;
}

/** A rate's judgement is named `<source>.<id of the objective>`. */
const objectiveOf = (judgement: Judgement, slos: readonly Slo[]): Slo | undefined =>
  slos.find(({ id }) => judgement.id.endsWith(`.${id}`));

export const eventNames: Record<Slo['event']['kind'], string> = {
  'slow-response': 'slow responses',
  'server-error': '5xx',
  'failed-payment': 'failed payments',
  'crashed-session': 'crashed sessions',
};

export function intervalOf(judgement: Judgement, slos: readonly Slo[]): Interval | undefined {
  const slo = objectiveOf(judgement, slos);
  const { bounds } = judgement;
  if (!slo || !bounds) return undefined;
  const name = eventNames[slo.event.kind];
  const rollback = slo.rollback ? `, rollback above ${formatRate(slo.rollback.above)}` : '';
  const lower = `lower bound ${formatRate(bounds.lower)}`;
  const upper = `upper bound ${formatRate(bounds.upper)}`;
  const range = bounds.lower > 0 ? `${lower}, ${upper}` : upper;
  return {
    lower: bounds.lower,
    upper: bounds.upper,
    limit: slo.limit,
    ...(slo.rollback ? { rollback: slo.rollback.above } : {}),
    // A success rate is shown where failures are counted, so there the bound needs the name of its event.
    ...(hasBounds(judgement)
      ? {}
      : {
          brief: `${slo.event.kind === 'failed-payment' ? `${name} ` : ''}${bounds.lower > slo.limit ? lower : upper}`,
        }),
    description: `${name}: ${range} (${formatRate(bounds.level)} confidence), limit ${formatRate(slo.limit)}${rollback}`,
  };
}

/** `5xx 0.31 % [0.12 %, 0.66 %], n = 4 812` */
const hasBounds = ({ actual }: Judgement): boolean => /\[[^\]]* %, [^\]]* %\]/.test(actual);

/** Charts show failures, so the limit of a success rate is shown as one of failures. */
export const limitLabel = (slo: Slo): string =>
  slo.event.kind === 'failed-payment'
    ? `${eventNames['failed-payment']} ${slo.limitIncluded ? '<=' : '<'} ${formatRate(slo.limit)}`
    : describeObjective(slo);

/** A rate that meets its objective and exceeds the rollback criterion on the same event: the SOP contradicts itself. */
export interface Conflict {
  readonly judgement: Judgement;
  readonly met: ClauseId;
  readonly exceeded: ClauseId;
}

export function conflictsIn(judgements: readonly Judgement[], slos: readonly Slo[]): Conflict[] {
  return judgements.flatMap((judgement) => {
    const slo = objectiveOf(judgement, slos);
    const exceeded = slo?.rollback?.clause;
    if (judgement.status !== 'fail' || !slo || !exceeded || !judgement.clauses.includes(exceeded)) return [];
    return [{ judgement, met: slo.clause, exceeded }];
  });
}
