import type { JourneyStep, SmokeEvidence } from '../evidence.ts';
import { describeElsewhere, elsewhere as othersOf, originOf } from '../origins.ts';
import { formatCount, formatMs, type Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { AcceptedFinding } from '../target.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';
import { describeEntry, entryFor, isCurrent, type KnownDifferences } from './accepted.ts';
import { type Finding, findingsOf } from './findings.ts';
import { describeFailure } from './step-words.ts';

export interface SmokeInput {
  readonly id: string;
  readonly title: string;
  readonly evidence: SmokeEvidence;
  /** The steps that belong to this check; by default all. */
  readonly steps?: readonly JourneyStep[];
  readonly budgetMs: number;
  readonly known?: KnownDifferences | undefined;
  /** Whose routes a failed step may have asked. */
  readonly slos?: readonly Slo[];
}

/** Clause 3.1: the journey as one tool reports it. A pass needs the tool's exit code, its whole report, and every step. */
export function judgeSmoke({
  id,
  title,
  evidence,
  steps: all = evidence.steps,
  budgetMs,
  known,
  slos = [],
}: SmokeInput): Judgement {
  const steps = all.filter(({ status }) => status !== 'not-applicable');
  const findings = findingsOf(
    id,
    steps.filter((step) => !askedElsewhere(step)),
  );
  const isAccepted = (finding: Finding): boolean => {
    const entry = entryFor(finding.id, known);
    return entry !== undefined && known !== undefined && isCurrent(entry, known.on);
  };
  const open = findings.filter((finding) => !isAccepted(finding));
  const accepted = findings.filter(isAccepted).flatMap((finding) => entryFor(finding.id, known) ?? []);
  const decision = withAccepted(
    decideSmoke({ evidence, steps, findings: open, budgetMs, known, slos }),
    findings,
    accepted,
  );
  const passed = steps.filter((step) => step.status === 'pass').length;
  const bad = steps.filter((step) => step.status !== 'pass');
  return {
    id,
    title,
    clauses: decision.clauses,
    status: decision.status,
    expected: `every step passes within ${formatMs(budgetMs)}`,
    actual: `${passed} of ${steps.length} steps passed in ${formatMs(evidence.outcome.durationMs)}`,
    because: decision.because,
    samples: steps.length,
    evidence: evidence.files,
    requestIds: [...new Set(bad.flatMap((step) => step.requestIds))].slice(0, 10),
    ...(open[0] ? { rank: open[0].rank } : {}),
    ...(accepted.length > 0 ? { accepted } : {}),
  };
}

/** A journey whose only failures are known differences has not passed, and decides nothing. */
function withAccepted(
  decision: Decision,
  findings: readonly Finding[],
  accepted: readonly AcceptedFinding[],
): Decision {
  if (accepted.length === 0 || decision.status !== 'pass') return decision;
  const lines = findings.map(({ id, steps: [step] }, index) => {
    const what = step ? describeFailure(step) : id;
    const { owner = '', until = '', reason = '' } = accepted[index] ?? {};
    return `${what}, accepted until ${until} by ${owner}: ${reason} (${id})`;
  });
  return { ...decision, status: 'accepted', because: `${lines.join('; ')}.` };
}

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
  readonly clauses: readonly ClauseId[];
}

const smoke: readonly ClauseId[] = ['3.1'];

interface Question {
  readonly evidence: SmokeEvidence;
  readonly steps: readonly JourneyStep[];
  /** Those that are not accepted. */
  readonly findings: readonly Finding[];
  readonly budgetMs: number;
  readonly known: KnownDifferences | undefined;
  readonly slos: readonly Slo[];
}

function decideSmoke({ evidence, steps, findings, budgetMs, known, slos }: Question): Decision {
  const { outcome, problems, waitedMs = 0 } = evidence;
  const having = (status: JourneyStep['status']) => steps.filter((step) => step.status === status);
  const decide = (status: JudgementStatus, because: string, clauses = smoke): Decision => ({
    status,
    because,
    clauses,
  });

  const [worst] = findings;
  const [failed] = worst?.steps ?? [];
  // A failed step stays failed, even when the tool itself failed afterwards.
  if (worst && failed)
    return decide('fail', describeWorst(worst, failed, findings.length - 1, known), clausesOf(failed, slos));
  if (outcome.interrupted) return decide('error', 'Interrupted before its end.');
  if (outcome.timedOut) {
    const because = `Not finished within its budget of ${formatMs(budgetMs)}`;
    // Time that the suite's own requests have cost is no evidence about the release.
    return waitedMs > 0
      ? decide(
          'inconclusive',
          `${because}, of which it waited ${formatMs(waitedMs)} for a rate limit; raise smoke.budget.`,
        )
      : decide('fail', `${because}${polling(steps)}.`);
  }
  const [flaky] = having('flaky');
  if (flaky) return decide('fail', `Degraded: "${flaky.name}" failed and passed on a retry.`, ['3.1', '4.1c']);
  const [limited] = having('rate-limited');
  if (limited) {
    return decide(
      'inconclusive',
      `"${limited.name}" was refused by the target's rate limit, which is no evidence about the release; wait a minute and run it again.`,
    );
  }
  const foreign = foreignAnswers(evidence, steps);
  if (foreign !== undefined) return decide('error', foreign);
  if (problems.length > 0) return decide('error', problems.join('; '));
  if (steps.length === 0) return decide('error', `${outcome.tool} reported no steps at all.`);
  const notRun = [...having('skipped'), ...having('not-run')];
  if (notRun[0]) {
    const because = notRun[0].error === undefined ? '' : `: ${notRun[0].error}`;
    return decide('error', `"${notRun[0].name}" was not run${because}${more(notRun.length - 1, 'step')}`);
  }
  if (steps.some((step) => step.assertions.length === 0)) return decide('error', 'A step asserted nothing.');
  // A tool with several projects has one exit code; a failure in another project explains it.
  const explained = evidence.steps.some((step) => step.status === 'fail' || step.status === 'flaky');
  if (outcome.exitCode !== 0 && !explained) {
    return decide(
      'error',
      `${outcome.tool} ended with ${outcome.signal ?? `exit code ${outcome.exitCode}`} although no step failed.`,
    );
  }
  return decide('pass', steps.length === 1 ? 'Its one step passed.' : `All ${steps.length} steps passed.`);
}

/** The first origin that it asked is not the target's, so what failed there is not the release. A redirect of the target is. */
const askedElsewhere = ({ elsewhere = [], url = '' }: JourneyStep): boolean => elsewhere.includes(originOf(url) ?? '');

function foreignAnswers({ origins }: SmokeEvidence, steps: readonly JourneyStep[]): string | undefined {
  const foreign = steps.filter(({ elsewhere = [] }) => elsewhere.length > 0);
  if (foreign.length === 0) return undefined;
  const asked = othersOf(
    foreign.flatMap(({ elsewhere = [] }) => elsewhere),
    origins ?? [],
  );
  return describeElsewhere(`${foreign.length} of ${steps.length} steps`, asked, origins);
}

/** A request that sets itself as the next one is why a journey does not end. */
function polling(steps: readonly JourneyStep[]): string {
  const [most] = steps.toSorted((a, b) => (b.tries ?? 1) - (a.tries ?? 1));
  return most?.tries === undefined ? '' : `: "${most.name}" was asked ${formatCount(most.tries)} times`;
}

/** A failed journey is clause 3.1; the answer that failed it may belong to a rate of clause 3.2 as well. */
function clausesOf({ httpStatus = 0, url = '' }: JourneyStep, slos: readonly Slo[]): ClauseId[] {
  const attempted = slos.filter(({ routes = [] }) => routes.some((route) => url.includes(route)));
  const declined = httpStatus === 402 || httpStatus >= 500 ? attempted.map(({ clause }) => clause) : [];
  return ['3.1', ...declined, ...(httpStatus >= 500 ? (['3.2d'] as const) : [])];
}

function describeWorst(
  { id, rank, steps }: Finding,
  failed: JourneyStep,
  others: number,
  known: KnownDifferences | undefined,
): string {
  const entry = entryFor(id, known);
  const over = entry && known ? ` (${describeEntry(entry, known.on)})` : '';
  const kind = rank === 'contract' ? '' : ` [${rank}]`;
  const same = steps.length > 1 ? `, in ${steps.length} steps` : '';
  return `${describeFailure(failed)}${same}${kind}${over}${more(others, 'finding')}`;
}

const more = (count: number, what: 'step' | 'finding'): string =>
  count > 0 ? ` (and ${count} more ${what}${count === 1 ? '' : 's'})` : '.';
