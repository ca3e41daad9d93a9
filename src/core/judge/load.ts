import type { LoadEvidence, MetricsEvidence } from '../evidence.ts';
import { formatCount, formatMs, type Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';
import { judgeRate } from './rate.ts';

/** Clause 3.2: what the load generator saw from outside. */
export function judgeLoad(evidence: LoadEvidence, slos: readonly Slo[]): Judgement[] {
  const run = judgeLoadRun(evidence);
  const rates = slos.map((slo) => {
    const judgement = judgeRate({
      source: 'load',
      title: `${slo.title}, seen by the clients`,
      slo,
      count: evidence.slo[slo.id] ?? { events: 0, trials: 0 },
      evidence: worthReading(evidence.files),
      ...observedPercentile(evidence, slo),
    });
    // A rate from a run that cannot be believed may still show a breach, but it never proves the opposite.
    return run.status === 'error' && judgement.status === 'pass'
      ? { ...judgement, status: 'error' as const, because: `The load itself cannot be believed: ${run.because}` }
      : judgement;
  });
  const seen = [judgeAnswers(evidence), judgePace(evidence), ...rates];
  return [run.status === 'pass' ? explained(run, evidence, seen) : run, ...seen];
}

/** A crossed threshold that no judgement accounts for (rate limits where none belong, say) must not end in a pass. */
function explained(run: Judgement, { outcome, thresholds }: LoadEvidence, seen: readonly Judgement[]): Judgement {
  const crossed = thresholds.filter(({ ok }) => !ok);
  if (outcome.exitCode === 0 && crossed.length === 0) return run;
  if (seen.some(({ status }) => status === 'fail')) return run;
  // Silence is counted by the objective of server errors, which allows a little of it.
  const open = crossed.filter(({ metric }) => metric !== 'unanswered');
  if (crossed.length > 0 && open.length === 0) return run;
  const names =
    open.map(({ metric, expression }) => `${metric} ${expression}`).join(', ') || 'none that its report names';
  return { ...run, status: 'error', because: `k6 crossed thresholds that no objective accounts for: ${names}.` };
}

/** Logs are for whoever asks why the tool itself failed; a judgement of what it measured leads to the measurements. */
const worthReading = (files: readonly string[]): string[] => files.filter((file) => !/\.log$|plan\.json$/.test(file));

function observedPercentile({ percentiles }: LoadEvidence, slo: Slo): { observed?: string } {
  if (slo.event.kind !== 'slow-response') return {};
  const value = { 50: percentiles.p50Ms, 95: percentiles.p95Ms, 99: percentiles.p99Ms }[slo.event.percentile];
  return value === undefined ? {} : { observed: `P${slo.event.percentile} ${formatMs(value)}` };
}

/** k6 exits with 99 when a threshold is crossed; then the counts decide. Every other code than 0 means that we did not see. */
const believedExitCodes: readonly (number | null)[] = [0, 99];

function judgeLoadRun(evidence: LoadEvidence): Judgement {
  const { outcome } = evidence;
  const because = distrust(evidence);
  return {
    id: 'load.run',
    title: 'Load applied as planned',
    clauses: ['3.2a'],
    status: because === undefined ? 'pass' : 'error',
    expected: `profile ${evidence.profile} runs to its end`,
    actual: `${formatCount(evidence.requests)} requests in ${formatMs(outcome.durationMs)}, ${outcome.signal ?? `exit code ${outcome.exitCode}`}`,
    because: because ?? 'The load generator ran to its end and its report is whole.',
    samples: evidence.requests,
    evidence: evidence.files,
    requestIds: [],
  };
}

/** Why the evidence of a load cannot be believed; undefined where it can. */
function distrust({ outcome, problems, requests, exceptions, iterations }: LoadEvidence): string | undefined {
  if (outcome.interrupted) return 'Interrupted before it was over.';
  if (outcome.timedOut) return 'The load generator did not end in its time and was stopped.';
  if (problems.length > 0) return problems.join('; ');
  if (!believedExitCodes.includes(outcome.exitCode)) {
    return `${outcome.tool} ended with ${outcome.signal ?? `exit code ${outcome.exitCode}`}.`;
  }
  if (requests === 0) return 'Not a single request was sent.';
  if (exceptions > 0)
    return `${formatCount(exceptions)} of ${formatCount(iterations)} iterations ended in an exception of the script.`;
  return undefined;
}

/** A fast wrong answer is not a good answer: what came back under load has to be what was asked for. */
function judgeAnswers(evidence: LoadEvidence): Judgement {
  const broken = evidence.checks.filter((check) => check.fails > 0);
  const total = evidence.checks.reduce((sum, check) => sum + check.passes + check.fails, 0);
  const fails = broken.reduce((sum, check) => sum + check.fails, 0);
  const [worst] = broken.toSorted((a, b) => b.fails - a.fails);
  const { status, because } = decideAnswers(total, fails, worst?.name);
  // A 5xx is counted by 3.2d and a failed payment by 3.2c, so only other wrong answers are the journey's.
  return {
    ...base('load.answers', 'Answers under load are right', '3.1', evidence),
    status,
    because,
    samples: total,
    expected: 'every answer as the contract says',
    actual: `${formatCount(total - fails)} of ${formatCount(total)} right`,
  };
}

function decideAnswers(
  total: number,
  fails: number,
  worst: string | undefined,
): { status: JudgementStatus; because: string } {
  if (total === 0) return { status: 'error', because: 'No answer was looked at.' };
  if (fails === 0)
    return { status: 'pass', because: 'Every answer had the status and the shape that the contract gives.' };
  return { status: 'fail', because: `${formatCount(fails)} answers were wrong, most often: ${worst}.` };
}

/** An open model of arrivals: what could not even be started was kept waiting by a slow system. */
function judgePace(evidence: LoadEvidence): Judgement {
  const { droppedIterations, iterations } = evidence;
  return {
    ...base('load.pace', 'No arrival was turned away', '3.2a', evidence),
    status: iterations === 0 ? 'error' : droppedIterations === 0 ? 'pass' : 'fail',
    expected: '0 dropped iterations',
    actual: `${formatCount(droppedIterations)} of ${formatCount(iterations + droppedIterations)} dropped`,
    because:
      droppedIterations === 0
        ? 'Every planned arrival was started in time.'
        : 'The answers came too slowly for the planned arrivals to start.',
    samples: iterations + droppedIterations,
  };
}

const base = (id: string, title: string, clause: ClauseId, evidence: LoadEvidence) => ({
  id,
  title,
  clauses: [clause],
  evidence: worthReading(evidence.files),
  requestIds: [],
});

/** Clauses 3.2a, c, d once more, from the target's own counters while it was loaded. */
export function judgeMetrics(evidence: MetricsEvidence, slos: readonly Slo[]): Judgement[] {
  const restarted = evidence.instances.filter((instance) => instance.restarted);
  const trouble = [...evidence.problems, ...restarted.map(({ url }) => `${url} restarted while it was loaded`)];
  const judgements = slos.map((slo) => {
    const counts = evidence.instances.filter((instance) => !instance.restarted).map((instance) => instance.slo[slo.id]);
    const count = {
      events: counts.reduce((sum, each) => sum + (each?.events ?? 0), 0),
      trials: counts.reduce((sum, each) => sum + (each?.trials ?? 0), 0),
    };
    const judgement = judgeRate({
      source: 'metrics',
      title: `${slo.title}, counted by the target`,
      slo,
      count,
      evidence: evidence.files,
    });
    return trouble.length > 0 && judgement.status === 'pass'
      ? {
          ...judgement,
          status: 'error' as const,
          because: `Not all of the target could be seen: ${trouble.join('; ')}`,
        }
      : judgement;
  });
  if (trouble.length > 0 && judgements.every((judgement) => judgement.status === 'inconclusive')) {
    return judgements.map((judgement) => ({ ...judgement, status: 'error' as const, because: trouble.join('; ') }));
  }
  return judgements;
}
