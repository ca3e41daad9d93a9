import { settingsSource } from '../plan.ts';
import type { ReleaseAnswers } from '../evidence.ts';
import type { RunEvidence } from '../run-result.ts';
import { formatCount, formatRate } from '../slo.ts';
import type { Judgement, NotChecked } from '../verdict.ts';

/** Answers by release over all probes, journey steps and requests of the load, most frequent first. */
export function seenReleases(evidence: RunEvidence): Map<string, number> {
  const probes = [evidence.health, evidence.readiness, evidence.dependencies, evidence.aftermath];
  const names = [...probes.flatMap((probe) => probe?.samples ?? []), ...ownSteps(evidence)].flatMap(
    ({ release }) => release ?? [],
  );
  const counts = new Map<string, number>();
  const add = (name: string, answers: number) => counts.set(name, (counts.get(name) ?? 0) + answers);
  for (const name of names) add(name, 1);
  if (evidence.identity && 'release' in evidence.identity) add(evidence.identity.release, 1);
  for (const { name, answers } of underLoad(evidence)) add(name, answers);
  for (const name of shownInRollout(evidence)) add(name, 1);
  return new Map([...counts].toSorted(([, a], [, b]) => b - a));
}

/** What the instances of the release showed by the target's `identity`: not every answer names its release. */
const shownInRollout = ({ rollout }: RunEvidence): string[] =>
  (rollout?.events ?? []).flatMap((event) => {
    if (event.type !== 'done' || !('release' in event.step) || event.step.release !== rollout?.plan.release) return [];
    return Object.values(event.releases ?? {}).filter((shown) => shown !== 'unknown' && shown !== 'accepted');
  });

/** The answer of another origin is not the release's, whatever its header says. */
const ownSteps = ({ smoke }: RunEvidence) =>
  smoke.flatMap(({ steps }) => steps).filter(({ elsewhere = [] }) => elsewhere.length === 0);

/** Evidence of earlier versions counts only the answers of the expected release and of others. */
function underLoad({ load, plan }: RunEvidence): readonly ReleaseAnswers[] {
  if (!load || load.releases) return load?.releases ?? [];
  const { events, trials } = load.wrongRelease;
  const counted = [
    { name: plan.expectedRelease ?? '', answers: trials - events },
    { name: 'another release under load', answers: events },
  ];
  return counted.filter(({ name, answers }) => name !== '' && answers > 0);
}

const identity = { id: 'release', title: 'The expected release answers', clauses: ['2.B1'] as const };

/** Clause 2.B1: no other check is about this release when another release gave the answers. */
export function judgeRelease(evidence: RunEvidence): Judgement | NotChecked {
  const { expectedRelease: expected, releaseFrom: source = 'the release', unidentified } = evidence.plan;
  const seen = seenReleases(evidence);
  const answers = [...seen.values()].reduce((sum, count) => sum + count, 0);
  if (expected === undefined) return withoutExpectation(evidence, seen, answers);
  const others = [...seen].filter(([name]) => name !== expected);
  const wrong = others.reduce((sum, [, count]) => sum + count, 0);
  const base = {
    ...identity,
    expected: `${source}: ${expected}`,
    samples: answers,
    evidence: [],
    requestIds: wrongRequestIds(evidence, expected),
  };
  if (answers === 0) {
    if (evidence.rollout?.plan.undoes)
      return {
        ...identity,
        reason: 'not-applicable',
        because: 'a rollback sends the release no request',
        required: false,
      };
    if (unidentified !== undefined)
      return {
        ...identity,
        reason: 'not-applicable',
        because: `${settingsSource(evidence.plan)}: ${unidentified}`,
        required: false,
      };
    const why = evidence.identity && 'problem' in evidence.identity ? ` (${evidence.identity.problem})` : '';
    const because = `${expected} was expected, but no answer had ${source}${why}.`;
    return { ...base, status: 'error', actual: `no answer had ${source}`, because };
  }
  if (wrong > 0) {
    const who = others.map(([name]) => name).join(', ');
    const because = `${formatCount(wrong)} of ${formatCount(answers)} answers came from ${who}${lastAnswers(evidence, expected)}.`;
    return { ...base, status: 'fail', actual: who, because };
  }
  return {
    ...base,
    status: 'pass',
    actual: expected,
    because: `All ${formatCount(answers)} answers with ${source} came from ${expected}.`,
  };
}

/** Several releases cannot be judged as one; a single one needs no name. */
function withoutExpectation(
  evidence: RunEvidence,
  seen: ReadonlyMap<string, number>,
  answers: number,
): Judgement | NotChecked {
  if (seen.size < 2) {
    const because = `no expected release was named${seen.size > 0 ? `; ${[...seen.keys()].join(', ')} answered` : ''}`;
    return { ...identity, reason: 'not-applicable', because, required: false };
  }
  const shares = [...seen].map(
    ([name, count]) => `${name} ${formatRate(count / answers)} (${formatCount(count)} of ${formatCount(answers)})`,
  );
  return {
    ...identity,
    title: 'One release answers',
    status: 'inconclusive',
    expected: 'one release',
    actual: shares.join(', '),
    because: `${seen.size} releases answered: ${shares.join(', ')}${lastAnswers(evidence)}; name the one to judge with --release.`,
    samples: answers,
    evidence: [],
    requestIds: [],
  };
}

/** Until when another release still answered: connections that stay with an old side end at some time. */
function lastAnswers(evidence: RunEvidence, expected?: string): string {
  const last = underLoad(evidence).find(({ name, lastSecond }) => name !== expected && lastSecond !== undefined);
  return last ? `; none from ${last.name} after second ${last.lastSecond} of the load` : '';
}

function wrongRequestIds(evidence: RunEvidence, expected: string): string[] {
  return ownSteps(evidence)
    .filter(({ release }) => release !== undefined && release !== expected)
    .flatMap((step) => step.requestIds)
    .slice(0, 5);
}
