import type { ProbeEvidence, ProbeSample } from '../evidence.ts';
import { describeFront } from '../probe-front.ts';
import { formatMs } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';

interface ProbeInput {
  readonly id: string;
  readonly title: string;
  readonly clause: ClauseId;
  readonly expected: string;
  readonly evidence: ProbeEvidence;
}

/** Clause 2.B3a: the release answered every probe as the target file expects. */
export function judgeHealth(evidence: ProbeEvidence): Judgement {
  const options = {
    id: 'health',
    title: 'Health',
    clause: '2.B3a' as const,
    expected: evidence.expected ?? '200 { status: "ok" }',
    evidence,
  };
  return judgeEverySample(options);
}

/** After the load: the release is still healthy and ready. */
export function judgeAftermath(evidence: ProbeEvidence): Judgement {
  const options = {
    id: 'aftermath',
    title: 'Healthy and ready after the load',
    clause: '2.B3b' as const,
    expected: 'healthy and ready',
    evidence,
  };
  return judgeEverySample(options);
}

/** Clause 2.B3b: while /readyz answers ready, a route that needs the database has to work. */
export function judgeDependencies(evidence: ProbeEvidence): Judgement {
  const options = {
    id: 'readiness.dependencies',
    title: 'Readiness matches its dependencies',
    clause: '2.B3b' as const,
    expected: 'a route that needs the database answers 401 to an unknown refresh token',
    evidence,
  };
  return judgeEverySample(options);
}

function judgeEverySample({ id, title, clause, expected, evidence }: ProbeInput): Judgement {
  const asked = evidence.samples.filter(({ front }) => !front);
  const bad = asked.filter((sample) => !sample.ok);
  const [worst] = bad;
  const base = { id, title, clauses: [clause], expected, ...facts(evidence, bad) };
  if (evidence.problems.length > 0)
    return { ...base, status: 'error', actual: 'not measured', because: evidence.problems.join('; ') };
  if (evidence.samples.length === 0) {
    return { ...base, status: 'inconclusive', actual: 'no probes', because: 'No probe was sent.' };
  }
  if (worst) {
    return {
      ...base,
      status: 'fail',
      actual: formatAnswer(worst),
      because: `${evidence.url}: ${worst.why ?? formatAnswer(worst)}.${id === 'health' && worst.status === 404 ? ' Is the route right (--health or paths.health)?' : ''}`,
    };
  }
  if (asked.length === 0) {
    const because = `${evidence.url}: ${frontOf(evidence)}; the release was not reached.`;
    return { ...base, status: 'inconclusive', actual: 'no answer of the release', because };
  }
  const slowest = Math.max(...asked.map((sample) => sample.durationMs));
  const front = asked.length < evidence.samples.length ? `; ${frontOf(evidence)}` : '';
  return {
    ...base,
    status: 'pass',
    actual: `${asked.length} of ${asked.length} probes as expected, slowest ${formatMs(slowest)}${front}`,
    because: `${evidence.url} answered every probe as expected.`,
  };
}

const frontOf = ({ samples }: ProbeEvidence): string =>
  describeFront(
    samples.filter(({ front }) => front),
    samples.length,
  );

/** Clause 2.B3b: readiness without an interruption for the whole window. */
export function judgeReadiness(evidence: ProbeEvidence): Judgement {
  const bad = evidence.samples.filter(({ ok, front }) => !ok && !front);
  const answer = evidence.expected === undefined ? '' : `${evidence.expected}, `;
  const base = {
    id: 'readiness',
    title: evidence.insteadOfReadiness ? 'Health is stable (no readiness route)' : 'Readiness',
    clauses: ['2.B3b'] as const,
    expected: `${answer}stable for ${formatMs(evidence.wantedStableMs)}`,
    ...facts(evidence, bad),
  };
  if (evidence.problems.length > 0)
    return { ...base, status: 'error', actual: 'not measured', because: evidence.problems.join('; ') };
  const { status, because } = decideReadiness(evidence, bad);
  return {
    ...base,
    status,
    actual: `stable for ${formatMs(evidence.stableMs)}, ${evidence.interruptions} interruptions`,
    because,
  };
}

function decideReadiness(
  evidence: ProbeEvidence,
  bad: readonly ProbeSample[],
): { status: JudgementStatus; because: string } {
  const last = bad.at(-1);
  const { url, samples, interruptions } = evidence;
  const asked = samples.filter(({ front }) => !front).length;
  const front = asked < samples.length ? ` ${frontOf(evidence)}.` : '';
  if (samples.length === 0) return { status: 'inconclusive', because: 'No probe was sent.' };
  if (evidence.stableMs >= evidence.wantedStableMs) {
    return { status: 'pass', because: `${url} was ready without an interruption for the whole window.${front}` };
  }
  const why = last ? ` Last failed probe: ${last.why ?? formatAnswer(last)}.` : '';
  if (interruptions > 0) {
    return { status: 'fail', because: `${url} became ready and then not ready ${interruptions} times.${why}` };
  }
  if (front !== '' && bad.length === 0)
    return { status: 'inconclusive', because: `${url} was not observed for the whole window.${front}` };
  if (bad.length === asked) {
    // A route that does not exist is a wrong setting more often than a release that is not ready.
    const hint = bad.every((sample) => sample.status === 404)
      ? ' Is the route right (--ready or paths.ready; none: there is no such route)?'
      : '';
    return { status: 'fail', because: `${url} was never ready.${why}${hint}` };
  }
  return { status: 'fail', because: `${url} was not ready long enough within its budget.${why}` };
}

const formatAnswer = (sample: ProbeSample): string => sample.error ?? `status ${sample.status}`;

const facts = (evidence: ProbeEvidence, bad: readonly ProbeSample[]) => ({
  samples: evidence.samples.length,
  evidence: evidence.files,
  requestIds: bad.flatMap((sample) => sample.requestId ?? []).slice(0, 5),
});
