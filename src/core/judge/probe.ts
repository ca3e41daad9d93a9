import type { ProbeEvidence, ProbeSample } from '../evidence.ts';
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

/** Clause 2.B3a: every time it was asked it answered as a living FreeTask does. */
export function judgeHealth(evidence: ProbeEvidence): Judgement {
  const options = {
    id: 'health',
    title: 'Health',
    clause: '2.B3a' as const,
    expected: '200 { status: "ok" }',
    evidence,
  };
  return judgeEverySample(options);
}

/** After the load: the release still lives and is ready. */
export function judgeAftermath(evidence: ProbeEvidence): Judgement {
  const options = {
    id: 'aftermath',
    title: 'Alive and ready after the load',
    clause: '2.B3b' as const,
    expected: 'healthy and ready',
    evidence,
  };
  return judgeEverySample(options);
}

/** Clause 2.B3b: readiness has to be believed, so a route that needs the database must work while it says ready. */
export function judgeDependencies(evidence: ProbeEvidence): Judgement {
  const options = {
    id: 'readiness.dependencies',
    title: 'Readiness tells the truth',
    clause: '2.B3b' as const,
    expected: 'a route that needs the database answers 401 to a token that nobody issued',
    evidence,
  };
  return judgeEverySample(options);
}

function judgeEverySample({ id, title, clause, expected, evidence }: ProbeInput): Judgement {
  const bad = evidence.samples.filter((sample) => !sample.ok);
  const [worst] = bad;
  const base = { id, title, clauses: [clause], expected, ...facts(evidence, bad) };
  if (evidence.problems.length > 0)
    return { ...base, status: 'error', actual: 'could not look', because: evidence.problems.join('; ') };
  if (evidence.samples.length === 0) {
    return { ...base, status: 'inconclusive', actual: 'nothing asked', because: 'It was not asked even once.' };
  }
  if (worst) {
    return { ...base, status: 'fail', actual: told(worst), because: `${evidence.url}: ${worst.why ?? told(worst)}.` };
  }
  const slowest = Math.max(...evidence.samples.map((sample) => sample.durationMs));
  return {
    ...base,
    status: 'pass',
    actual: `${evidence.samples.length} of ${evidence.samples.length} right, slowest ${formatMs(slowest)}`,
    because: `${evidence.url} answered rightly every time.`,
  };
}

/** Clause 2.B3b: unbroken readiness for the wanted window. */
export function judgeReadiness(evidence: ProbeEvidence): Judgement {
  const bad = evidence.samples.filter((sample) => !sample.ok);
  const base = {
    id: 'readiness',
    title: 'Readiness',
    clauses: ['2.B3b'] as const,
    expected: `stable for ${formatMs(evidence.wantedStableMs)}`,
    ...facts(evidence, bad),
  };
  if (evidence.problems.length > 0)
    return { ...base, status: 'error', actual: 'could not look', because: evidence.problems.join('; ') };
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
  if (evidence.samples.length === 0) return { status: 'inconclusive', because: 'It was not asked even once.' };
  if (evidence.stableMs >= evidence.wantedStableMs) {
    return { status: 'pass', because: `${evidence.url} was ready without a break for the whole window.` };
  }
  const why = last ? ` Last seen: ${last.why ?? told(last)}.` : '';
  if (evidence.interruptions > 0) {
    return {
      status: 'fail',
      because: `${evidence.url} became ready and lost it again ${evidence.interruptions} times.${why}`,
    };
  }
  if (bad.length === evidence.samples.length)
    return { status: 'fail', because: `${evidence.url} was never ready.${why}` };
  return { status: 'fail', because: `${evidence.url} was not ready long enough within the time it had.${why}` };
}

const told = (sample: ProbeSample): string => sample.error ?? `status ${sample.status}`;

const facts = (evidence: ProbeEvidence, bad: readonly ProbeSample[]) => ({
  samples: evidence.samples.length,
  evidence: evidence.files,
  requestIds: bad.flatMap((sample) => sample.requestId ?? []).slice(0, 5),
});
