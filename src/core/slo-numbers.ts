import { describeObjective, formatCount, formatRate, type Slo } from './slo.ts';
import type { Bounds, Judgement, JudgementStatus } from './verdict.ts';

/** What one objective was measured at, for a message of a few lines. */
export interface SloNumber {
  readonly slo: Slo;
  readonly status: JudgementStatus;
  /** `P95 < 1 s` */
  readonly objective: string;
  /** `312 ms; slower than the limit 0.31 %`, without its bounds and samples. */
  readonly value: string;
  /** Of the event that the objective limits: `at most 0.4 % slow (95 % confidence), limit 5 %`. */
  readonly bound?: string;
  readonly samples?: number;
}

const worstFirst: readonly JudgementStatus[] = ['fail', 'error', 'inconclusive', 'accepted', 'pass'];

/** One number for each objective that was judged: of the judgements of an objective the worst, and of equals the last. */
export const sloNumbers = (judgements: readonly Judgement[], slos: readonly Slo[]): SloNumber[] =>
  slos.flatMap((slo) => {
    // An alert rule has the name of its objective, and measures nothing of the release.
    const own = judgements.filter(({ id }) => id.endsWith(`.${slo.id}`) && !id.startsWith('alert.'));
    const worst = worstFirst.find((status) => own.some((judgement) => judgement.status === status));
    const judgement = own.findLast(({ status }) => status === worst);
    return judgement ? [numberOf(slo, judgement)] : [];
  });

function numberOf(slo: Slo, { status, actual, bounds, samples }: Judgement): SloNumber {
  const objective = describeObjective(slo);
  const [name = ''] = objective.split(/ [<>]/);
  const value = actual.replaceAll(/\s*\[[^\]]*\]/g, '').replace(/,? n = [\d\s\u00A0]*\d/, '');
  return {
    slo,
    status,
    objective,
    value: value.startsWith(`${name} `) ? value.slice(name.length + 1) : value,
    ...(bounds ? { bound: boundOf(slo, bounds) } : {}),
    ...(samples === undefined ? {} : { samples }),
  };
}

const events: Readonly<Record<Slo['event']['kind'], string>> = {
  'slow-response': 'slow',
  'server-error': '5xx',
  'failed-payment': 'failed',
  'crashed-session': 'crashed',
};

/** The bound that decides: the lower one where it is beyond the limit already. */
function boundOf({ event, limit }: Slo, { lower, upper, level }: Bounds): string {
  const bound = lower >= limit ? `at least ${formatRate(lower)}` : `at most ${formatRate(upper)}`;
  // A stage may be decided at another confidence, and then pass with this bound beyond its limit.
  return `${bound} ${events[event.kind]} (${formatRate(level)} confidence), limit ${formatRate(limit)}`;
}

/** `P95 < 1 s: 312 ms; at most 0.4 % slow (95 % confidence), limit 5 %; n = 4 812` */
export const formatSloNumber = ({ objective, value, bound, samples }: SloNumber): string =>
  [
    `${objective}: ${value}`,
    ...(bound === undefined ? [] : [bound]),
    ...(samples === undefined ? [] : [`n = ${formatCount(samples)}`]),
  ].join('; ');
