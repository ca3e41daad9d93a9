import type { RunEvidence } from '../run-result.ts';
import { formatCount } from '../slo.ts';
import type { Judgement, NotChecked } from '../verdict.ts';

/** Answers by release over all probes and journey steps, most frequent first; the load counts only expected and other. */
export function seenReleases(evidence: RunEvidence): Map<string, number> {
  const probes = [evidence.health, evidence.readiness, evidence.dependencies, evidence.aftermath];
  const names = [
    ...probes.flatMap((probe) => probe?.samples ?? []),
    ...evidence.smoke.flatMap((smoke) => smoke.steps),
  ].flatMap(({ release }) => release ?? []);
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return new Map([...counts].toSorted(([, a], [, b]) => b - a));
}

const identity = { id: 'release', title: 'The expected release answers', clauses: ['2.B1'] as const };

/** Clause 2.B1: no other check is about this release when another release gave the answers. */
export function judgeRelease(evidence: RunEvidence): Judgement | NotChecked {
  const expected = evidence.plan.expectedRelease;
  const seen = seenReleases(evidence);
  const underLoad = evidence.load?.wrongRelease ?? { events: 0, trials: 0 };
  const answers = [...seen.values()].reduce((sum, count) => sum + count, 0) + underLoad.trials;
  if (expected === undefined) {
    const because = `no expected release was named${seen.size > 0 ? `; ${[...seen.keys()].join(', ')} answered` : ''}`;
    return { ...identity, reason: 'not-applicable', because, required: false };
  }
  const others = [...seen].filter(([name]) => name !== expected);
  const wrong = others.reduce((sum, [, count]) => sum + count, 0) + underLoad.events;
  const base = {
    ...identity,
    expected: `X-App-Release: ${expected}`,
    samples: answers,
    evidence: [],
    requestIds: wrongRequestIds(evidence, expected),
  };
  if (answers === 0) {
    const because = `${expected} was expected, but no answer had X-App-Release.`;
    return { ...base, status: 'error', actual: 'no answer had X-App-Release', because };
  }
  if (wrong > 0) {
    const who = others.map(([name]) => name).join(', ') || 'another release under load';
    return {
      ...base,
      status: 'fail',
      actual: who,
      because: `${formatCount(wrong)} of ${formatCount(answers)} answers came from ${who}.`,
    };
  }
  return {
    ...base,
    status: 'pass',
    actual: expected,
    because: `All ${formatCount(answers)} answers with X-App-Release came from ${expected}.`,
  };
}

function wrongRequestIds(evidence: RunEvidence, expected: string): string[] {
  const steps = evidence.smoke.flatMap((smoke) => smoke.steps);
  return steps
    .filter(({ release }) => release !== undefined && release !== expected)
    .flatMap((step) => step.requestIds)
    .slice(0, 5);
}
