import type { Receipt, ReceiptStatus } from './rollout/receipt.ts';
import type { Strategy } from './rollout/plan.ts';
import { endSentence } from './slo.ts';
import { type ClauseId, clauses, isClauseId } from './sop.ts';
import type { Judgement, JudgementStatus, NotChecked } from './verdict.ts';

/** `not-judged`: nothing decided it, or a required check of it was skipped. It is never a pass. */
export type ChecklistStatus = JudgementStatus | 'not-applicable' | 'not-judged';

/** One clause of the SOP. */
export interface ChecklistRow {
  readonly clause: ClauseId;
  /** The SOP's words. */
  readonly title: string;
  readonly status: ChecklistStatus;
  /** What was found, or why nothing was. */
  readonly because: string;
  /** Ids of its judgements, worst first. */
  readonly checks: readonly string[];
}

export interface ChecklistScope {
  /** Every clause of the strategy, judged or not; false: only those that a check names. */
  readonly whole?: boolean;
  /** Which half of section 2 applies; absent: the clauses that a check names. */
  readonly strategy?: Strategy;
  /** Of a rollback: its steps are section 4.2. */
  readonly receipt?: Receipt;
}

const worstFirst: readonly JudgementStatus[] = ['fail', 'error', 'inconclusive', 'accepted', 'pass'];

/**
 * The Go/No-Go checklist: one row a clause, in the SOP's order. A row has the worst status of its judgements; one with a
 * required check that was skipped is `not-judged`, whatever its other checks found, except that a failure stays one.
 */
export function checklistOf(
  judgements: readonly Judgement[],
  notChecked: readonly NotChecked[],
  scope: ChecklistScope = {},
): ChecklistRow[] {
  const named = new Set([...judgements, ...notChecked].flatMap((check) => check.clauses));
  return Object.keys(clauses)
    .filter(isClauseId)
    .filter((clause) => named.has(clause) || isInScope(clause, scope))
    .map((clause) => rowOf(clause, { judgements, notChecked, scope }));
}

function isInScope(clause: ClauseId, { whole = false, strategy, receipt }: ChecklistScope): boolean {
  if (receipt && clause.startsWith('4.2.')) return true;
  if (!whole || clause.startsWith('4.2.')) return false;
  if (clause.startsWith('2.B')) return strategy === 'blue-green';
  if (clause.startsWith('2.R')) return strategy === 'rolling';
  return true;
}

interface Checks {
  readonly judgements: readonly Judgement[];
  readonly notChecked: readonly NotChecked[];
  readonly scope: ChecklistScope;
}

function rowOf(clause: ClauseId, { judgements, notChecked, scope }: Checks): ChecklistRow {
  const isOf = (check: { readonly clauses: readonly ClauseId[] }): boolean => check.clauses.includes(clause);
  const direct = judgements.filter(isOf);
  const judged = direct.length > 0 ? direct : criterionOf(clause, judgements);
  const sorted = judged.toSorted((a, b) => worstFirst.indexOf(a.status) - worstFirst.indexOf(b.status));
  const missing = notChecked.filter(isOf);
  const decision = decide(sorted, missing) ?? fromReceipt(clause, scope.receipt) ?? nothing;
  return { clause, title: clauses[clause], ...decision, checks: sorted.map(({ id }) => id) };
}

type Decision = Pick<ChecklistRow, 'status' | 'because'>;
const nothing: Decision = { status: 'not-judged', because: 'No check of this run judged it.' };

function decide(sorted: readonly Judgement[], missing: readonly NotChecked[]): Decision | undefined {
  const [worst] = sorted;
  if (worst?.status === 'fail') return describe(worst, sorted);
  const required = missing.find(({ required: needed, reason }) => needed && reason === 'skipped');
  if (required) return { status: 'not-judged', because: endSentence(`${required.title}: ${required.because}`) };
  if (worst) return describe(worst, sorted);
  const [first] = missing;
  if (!first) return undefined;
  const status = first.reason === 'not-applicable' ? 'not-applicable' : 'not-judged';
  return { status, because: endSentence(first.because) };
}

/** Of one that holds, what was measured last, at the most users; of one that does not, why. */
function describe(worst: Judgement, sorted: readonly Judgement[]): Decision {
  const same = sorted.filter(({ status }) => status === worst.status).length;
  const counted = sorted.length === 1 ? '' : ` (${same} of ${sorted.length} checks)`;
  const text = worst.status === 'pass' ? (sorted.at(-1) ?? worst).actual : worst.because.replace(/\.$/, '');
  return { status: worst.status, because: endSentence(`${text}${counted}`) };
}

/** What a rollback criterion is evaluated by while users have the release. */
const criteria: Partial<Readonly<Record<ClauseId, readonly ClauseId[]>>> = {
  '4.1a': ['3.2a'],
  '4.1b': ['3.2c', '3.2d'],
  '4.1c': ['3.1'],
};

/**
 * A criterion that no check names was not met as far as the stages meet the objective of the same measurement. An objective
 * that is missed and names no criterion leaves it open: 5xx of 0.7 % is neither within 0.5 % nor above 1 %.
 */
const criterionOf = (clause: ClauseId, judgements: readonly Judgement[]): Judgement[] =>
  judgements
    .filter(
      ({ id, clauses: own }) => /^stage-\d+\./.test(id) && (criteria[clause] ?? []).some((each) => own.includes(each)),
    )
    .map((judgement) => (judgement.status === 'fail' ? { ...judgement, status: 'inconclusive' } : judgement));

const receiptStatuses: Readonly<Record<ReceiptStatus, ChecklistStatus>> = {
  failed: 'fail',
  problem: 'error',
  open: 'not-judged',
  done: 'pass',
  skipped: 'not-applicable',
};
const receiptOrder: readonly ReceiptStatus[] = ['failed', 'problem', 'open', 'done', 'skipped'];

function fromReceipt(clause: ClauseId, receipt: Receipt | undefined): Decision | undefined {
  const steps = (receipt?.steps ?? []).filter((step) => step.clause === clause);
  const status = receiptOrder.find((each) => steps.some((step) => step.status === each));
  const worst = steps.find((step) => step.status === status);
  if (!worst || status === undefined) return undefined;
  const because = [`${worst.title}: ${worst.proof}`, ...worst.problems].join('; ');
  return { status: receiptStatuses[status], because: endSentence(because) };
}

/** In the SOP's order. */
const sections = [
  ['1', 'Pre-deployment'],
  ['2.B', 'Deployment, blue-green'],
  ['2.R', 'Deployment, rolling'],
  ['3', 'Post-deployment'],
  ['4.1', 'Rollback criteria'],
  ['4.2', 'Rollback steps'],
] as const;

export interface ChecklistSection {
  /** `1`, `2.B`: what its clauses begin with. */
  readonly id: (typeof sections)[number][0];
  readonly title: string;
  readonly rows: readonly ChecklistRow[];
}

/** The rows under the headings of the SOP; a section without rows is left out. */
export const checklistSections = (rows: readonly ChecklistRow[]): ChecklistSection[] =>
  sections.flatMap(([id, title]) => {
    const own = rows.filter(({ clause }) => clause.startsWith(id));
    return own.length === 0 ? [] : [{ id, title: `${id.slice(0, 1)} ${title}`, rows: own }];
  });
