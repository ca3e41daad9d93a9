import type { JourneyStep, SmokeEvidence } from '../evidence.ts';
import { formatMs } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';

export interface SmokeInput {
  readonly id: string;
  readonly title: string;
  readonly evidence: SmokeEvidence;
  /** The steps that belong to this check; by default all. */
  readonly steps?: readonly JourneyStep[];
  readonly budgetMs: number;
}

/** Clause 3.1: the journey as one tool reports it. A pass needs the tool's exit code, its whole report, and every step. */
export function judgeSmoke({ id, title, evidence, steps = evidence.steps, budgetMs }: SmokeInput): Judgement {
  const decision = decideSmoke(evidence, steps, budgetMs);
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
  };
}

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
  readonly clauses: readonly ClauseId[];
}

const smoke: readonly ClauseId[] = ['3.1'];

function decideSmoke(evidence: SmokeEvidence, steps: readonly JourneyStep[], budgetMs: number): Decision {
  const { outcome, problems } = evidence;
  const having = (status: JourneyStep['status']) => steps.filter((step) => step.status === status);
  const decide = (status: JudgementStatus, because: string, clauses = smoke): Decision => ({
    status,
    because,
    clauses,
  });

  const [failed] = having('fail');
  // A failed step stays failed, even when the tool itself failed afterwards.
  if (failed) return decide('fail', `${describe(failed)}${more(having('fail').length - 1)}`, clausesOf(failed));
  if (outcome.interrupted) return decide('error', 'Interrupted before its end.');
  if (outcome.timedOut) return decide('fail', `Not finished within its budget of ${formatMs(budgetMs)}.`);
  const [flaky] = having('flaky');
  if (flaky) return decide('fail', `Degraded: "${flaky.name}" failed and passed on a retry.`, ['3.1', '4.1c']);
  const [limited] = having('rate-limited');
  if (limited) {
    return decide(
      'inconclusive',
      `"${limited.name}" was refused by the target's rate limit, which is no evidence about the release; wait a minute and run it again.`,
    );
  }
  if (problems.length > 0) return decide('error', problems.join('; '));
  if (steps.length === 0) return decide('error', `${outcome.tool} reported no steps at all.`);
  const notRun = [...having('skipped'), ...having('not-run')];
  if (notRun[0]) return decide('error', `"${notRun[0].name}" was not run${more(notRun.length - 1)}`);
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

/** A failed journey is clause 3.1; the answer that failed it may belong to a rate of clause 3.2 as well. */
function clausesOf({ httpStatus = 0, url = '' }: JourneyStep): ClauseId[] {
  const declined = /\/payments\//.test(url) && (httpStatus === 402 || httpStatus >= 500);
  return ['3.1', ...(declined ? (['3.2c'] as const) : []), ...(httpStatus >= 500 ? (['3.2d'] as const) : [])];
}

function describe(step: JourneyStep): string {
  const broken = step.assertions.find((assertion) => !assertion.ok);
  const what = broken
    ? `${broken.name}${broken.message ? `: ${broken.message}` : ''}`
    : (step.error ?? `status ${step.httpStatus}`);
  return `"${step.name}": ${firstLine(what)}`;
}

const firstLine = (text: string): string => {
  const line = text.split('\n').find((candidate) => candidate.trim() !== '') ?? '';
  return line.length > 300 ? `${line.slice(0, 300)}…` : line;
};

const more = (count: number): string => (count > 0 ? ` (and ${count} more)` : '.');
