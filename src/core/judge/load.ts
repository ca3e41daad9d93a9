import type { LoadEvidence, LoadScript, Threshold } from '../evidence.ts';
import { describeElsewhere } from '../origins.ts';
import { formatCount, formatMs, formatRate, type Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';
import { judgeRate } from './rate.ts';

/** Clause 3.2, as the load generator measured it from outside. */
export function judgeLoad(evidence: LoadEvidence, slos: readonly Slo[]): Judgement[] {
  const run = judgeLoadRun(evidence);
  const rates = slos.map((slo) => {
    const judgement = judgeRate({
      source: 'load',
      title: `${slo.title}, measured by the clients`,
      slo,
      count: evidence.slo[slo.id] ?? { events: 0, trials: 0 },
      evidence: measurementFiles(evidence.files),
      ...observedPercentile(evidence, slo),
    });
    const because = evidence.script?.uncounted[slo.id];
    if (because !== undefined) return { ...judgement, status: 'inconclusive' as const, because };
    // An unreliable run can show a breach, never a pass.
    return run.status === 'error' && judgement.status === 'pass'
      ? { ...judgement, status: 'error' as const, because: `The load run is unreliable: ${run.because}` }
      : judgement;
  });
  const measured = [
    judgeAnswers(evidence),
    ...judgeThresholds(evidence),
    judgePace(evidence, run),
    ...judgeFront(evidence),
    ...rates,
  ];
  return [run.status === 'pass' ? explained(run, evidence, measured) : run, ...measured];
}

/** A crossed threshold that no judgement accounts for (a rate limit, for example) must not end in a pass. */
function explained(run: Judgement, evidence: LoadEvidence, measured: readonly Judgement[]): Judgement {
  const { outcome, thresholds } = evidence;
  const crossed = thresholds.filter(({ ok }) => !ok);
  if (outcome.exitCode === 0 && crossed.length === 0) return run;
  if (measured.some(({ status }) => status === 'fail')) return run;
  const open = crossed.filter((threshold) => !hasJudgement(threshold, evidence));
  if (crossed.length > 0 && open.length === 0) return run;
  const names =
    open.map(({ metric, expression }) => `${metric} ${expression}`).join(', ') || 'none of them in its summary';
  return { ...run, status: 'error', because: `k6 crossed thresholds that no objective accounts for: ${names}.` };
}

/** No answer is counted by 3.2d, another release by 2.B1, a 503 of the front by `load.front`, too few samples by each rate. */
const hasJudgement = ({ metric, expression }: Threshold, { front }: LoadEvidence): boolean =>
  ((metric === 'http_reqs' || metric === 'payments') && expression.startsWith('count>=')) ||
  metric === 'unanswered' ||
  metric === 'wrong_release' ||
  (metric === 'http_req_failed' && (front?.unavailable ?? 0) > 0);

/** Logs explain why the tool itself failed; a judgement of its measurements refers to the measurements. */
const measurementFiles = (files: readonly string[]): string[] =>
  files.filter((file) => !/\.log$|plan\.json$/.test(file));

/** The time to get a connection is not in k6's durations, and is shown where there is any. */
function observedPercentile({ percentiles, connection }: LoadEvidence, slo: Slo): { observed?: string } {
  if (slo.event.kind !== 'slow-response') return {};
  const value = { 50: percentiles.p50Ms, 95: percentiles.p95Ms, 99: percentiles.p99Ms }[slo.event.percentile];
  if (value === undefined) return {};
  const connectionMs = { 50: connection?.p50Ms, 95: connection?.p95Ms }[slo.event.percentile] ?? 0;
  const connecting = connectionMs >= 1 ? ` + ${formatMs(connectionMs)} for the connection` : '';
  return { observed: `P${slo.event.percentile} ${formatMs(value)}${connecting}` };
}

/** k6 exits with 99 when a threshold is crossed; then the counts decide. Every other code than 0 is a failure of the tool. */
const reliableExitCodes: readonly (number | null)[] = [0, 99];

function judgeLoadRun(evidence: LoadEvidence): Judgement {
  const { outcome } = evidence;
  const because = unreliable(evidence);
  return {
    id: 'load.run',
    title: 'Load applied as planned',
    clauses: ['3.2a'],
    status: because === undefined ? 'pass' : 'error',
    expected: `profile ${evidence.profile} runs to its end`,
    actual: `${formatCount(evidence.requests)} requests in ${formatMs(outcome.durationMs)}, ${outcome.signal ?? `exit code ${outcome.exitCode}`}`,
    because: because ?? 'The load generator ran to its end and its summary is complete.',
    samples: evidence.requests,
    evidence: evidence.files,
    requestIds: [],
  };
}

/** Why the evidence of a load is unreliable; undefined where it is not. */
function unreliable({ outcome, problems, requests, exceptions, iterations, script }: LoadEvidence): string | undefined {
  if (outcome.interrupted) return 'Interrupted before its end.';
  if (outcome.timedOut) return 'The load generator exceeded its time limit and was stopped.';
  if (problems.length > 0) return problems.join('; ');
  if (!reliableExitCodes.includes(outcome.exitCode)) {
    return `${outcome.tool} ended with ${outcome.signal ?? `exit code ${outcome.exitCode}`}.`;
  }
  if (requests === 0) return 'No request was sent.';
  if (script && script.elsewhere.answers > 0) {
    const { answers, origins } = script.elsewhere;
    const asked = `${formatCount(answers)} of ${formatCount(requests)} requests`;
    return describeElsewhere(asked, origins.length > 0 ? origins : ['another origin'], script.origins);
  }
  if (exceptions > 0)
    return `${formatCount(exceptions)} of ${formatCount(iterations)} iterations ended in an exception of the script.`;
  return undefined;
}

/** A fast wrong answer is not a good answer: answers under load have to be those of the contract. */
function judgeAnswers(evidence: LoadEvidence): Judgement {
  const broken = evidence.checks.filter((check) => check.fails > 0);
  const total = evidence.checks.reduce((sum, check) => sum + check.passes + check.fails, 0);
  // Of an answer with a 5xx, or none, the objectives count the event: its checks fail nothing a second time.
  const excused = evidence.script?.excusedChecks ?? 0;
  const fails = Math.max(0, broken.reduce((sum, check) => sum + check.fails, 0) - excused);
  const [worst] = broken.toSorted((a, b) => b.fails - a.fails);
  const { status, because } = isOfOthers(evidence) ?? decideAnswers(total - excused, fails, worst?.name);
  // A 5xx is counted by 3.2d and a failed payment by 3.2c, so only other wrong answers are the journey's.
  return {
    ...base('load.answers', 'Answers under load are correct', '3.1', evidence),
    status,
    because,
    samples: total - excused,
    expected: evidence.script ? 'every check of the script passes' : 'every answer as in the contract',
    actual: `${formatCount(total - excused - fails)} of ${formatCount(total - excused)} correct`,
  };
}

/** Checks and thresholds of a script do not tell answers of the target from those of another origin. */
const isOfOthers = ({ script }: LoadEvidence): Pick<Judgement, 'status' | 'because'> | undefined =>
  script && script.elsewhere.answers > 0
    ? { status: 'error', because: 'Another origin than the target gave some of the answers.' }
    : undefined;

function decideAnswers(
  total: number,
  fails: number,
  worst: string | undefined,
): { status: JudgementStatus; because: string } {
  if (total === 0) return { status: 'error', because: 'No answer was checked.' };
  if (fails === 0)
    return { status: 'pass', because: 'Every checked answer had the status and the shape of the contract.' };
  const answers = fails === 1 ? 'One answer was wrong' : `${formatCount(fails)} answers were wrong, most of them`;
  return { status: 'fail', because: `${answers}: ${worst}.` };
}

/** The script's own thresholds, where its options are kept: k6 passes a rate and a percentile without samples. */
function judgeThresholds(evidence: LoadEvidence): Judgement[] {
  const { thresholds = [] } = evidence.script ?? {};
  if (thresholds.length === 0) return [];
  const name = ({ metric, expression }: Threshold): string => `${metric}: ${expression}`;
  const crossed = thresholds.filter(({ ok }) => !ok);
  const empty = thresholds.filter(({ ok, samples }) => ok && !samples);
  const decide = (status: JudgementStatus, because: string): Judgement => ({
    ...base('load.thresholds', 'Thresholds of the script', '3.2a', evidence),
    status,
    because,
    samples: evidence.requests,
    expected: thresholds.map(name).join(', '),
    actual: `${formatCount(thresholds.length - crossed.length - empty.length)} of ${formatCount(thresholds.length)} met`,
  });
  const others = isOfOthers(evidence);
  if (others) return [decide(others.status, others.because)];
  if (crossed.length > 0) return [decide('fail', `Crossed: ${crossed.map(name).join(', ')}.`)];
  if (empty.length > 0) return [decide('error', `Met without a sample: ${empty.map(name).join(', ')}.`)];
  return [decide('pass', 'Every threshold of the script was met.')];
}

/** An open model of arrivals: an arrival without a free virtual user is dropped, because earlier answers were too slow. */
function judgePace(evidence: LoadEvidence, run: Judgement): Judgement {
  const { droppedIterations, iterations } = evidence;
  const { status, because } = decidePace(evidence, run);
  return {
    ...base('load.pace', 'No arrival was dropped', '3.2a', evidence),
    status,
    expected: '0 dropped iterations',
    actual: `${formatCount(droppedIterations)} of ${formatCount(iterations + droppedIterations)} dropped`,
    because,
    samples: iterations + droppedIterations,
  };
}

/** Of a script whose iterations are mostly something else, answers are not why an arrival found no free virtual user. */
const mostlyRequests = 0.5;

const ownWaiting = ({ requestShare }: LoadScript): string =>
  requestShare === undefined
    ? 'How much of its iterations the script spent in requests is not known.'
    : `The script itself waits: only ${formatRate(requestShare)} of the time of its iterations was spent in requests; load.iteration.time of the target file is the longest time of an iteration.`;

function decidePace(
  { droppedIterations, iterations, exceptions, script, generatorLateMs }: LoadEvidence,
  run: Judgement,
): { readonly status: JudgementStatus; readonly because: string } {
  if (iterations + droppedIterations === 0) return { status: 'error', because: 'No arrival was started.' };
  if (droppedIterations > 0 && script && (script.requestShare ?? 0) < mostlyRequests)
    return { status: 'error', because: ownWaiting(script) };
  if (droppedIterations > 0 && generatorLateMs !== undefined)
    return { status: 'error', because: `The load generator itself was ${formatMs(generatorLateMs)} late.` };
  if (droppedIterations > 0)
    return { status: 'fail', because: 'The answers were too slow for the planned arrivals to start.' };
  // What a load that did not run to its end would have dropped is not known.
  if (run.status === 'error' && exceptions === 0)
    return { status: 'error', because: `Not every planned arrival is known to have been started: ${run.because}` };
  return { status: 'pass', because: 'Every planned arrival was started.' };
}

/** The release did not see these requests, so they are no evidence for it and none against it. */
function judgeFront(evidence: LoadEvidence): Judgement[] {
  const { limited = 0, unavailable = 0 } = evidence.front ?? {};
  const answers = limited + unavailable;
  if (answers === 0) return [];
  return [
    {
      ...base('load.front', 'Every request reached the release', '3.2d', evidence),
      status: 'inconclusive',
      expected: 'no 429 or 503 without the release',
      actual: `${formatCount(answers)} of ${formatCount(evidence.requests)} answered by the front`,
      because: `The front, not the release, answered ${formatCount(limited)} requests with 429 and ${formatCount(unavailable)} with 503: they do not name the release.`,
      samples: evidence.requests,
    },
  ];
}

const base = (id: string, title: string, clause: ClauseId, evidence: LoadEvidence) => ({
  id,
  title,
  clauses: [clause],
  evidence: measurementFiles(evidence.files),
  requestIds: [],
});
