import { noneServed, type Served } from '../rollout/observation.ts';
import { formatCount, formatRate, type Slo } from '../slo.ts';
import { logBreachEvidence, logWithinEvidence } from '../statistics/index.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';
import { cameWithShift, minimumOf } from './literal-rule.ts';
import { isOfRouter } from './stage-objectives.ts';
import type { JudgeState, StageState } from './judge-state.ts';
import { countIn, errorSlos } from './tally.ts';

/** What users got through the router, beside what the instances say of themselves. Nothing where the router does not count. */
export const judgeUsers = (state: JudgeState, current: StageState): Judgement[] => [
  ...judgeAnswers(state, current),
  ...judgeShare(current),
];

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
}

/**
 * Clause 4.1b for users: answers of the canary that failed beyond its own 5xx (resets, aborted answers), and 5xx that the
 * router gave itself. The latter are the release's only if they came with the shift. The lanes of the router roll back; what
 * is short of a proof holds.
 */
function judgeAnswers(state: JudgeState, current: StageState): Judgement[] {
  const { stage, seen, pages, decided } = current;
  const [slo] = errorSlos(state.input.slos);
  const failed = decided && isOfRouter(decided.source) ? decided : undefined;
  // A sample may decide before the first observation.
  const canary = seen.served?.canary ?? (failed ? noneServed : undefined);
  if (!canary || !slo) return [];
  const { front } = seen;
  const above = slo.rollback?.above ?? slo.limit;
  const excess = {
    failed: Math.max(0, canary.failed - countIn(pages.total, 'canary', 'users', slo).events),
    requests: canary.requests,
  };
  const lanes = [
    decide(excess, 'of the canary failed beyond its own 5xx', slo, state),
    ...(front ? [decideFront(front, slo, state)] : []),
  ].flatMap((decision) => decision ?? []);
  const worst: Decision | undefined = failed
    ? { status: 'fail', because: failed.because }
    : (lanes.find(({ status }) => status !== 'pass') ?? lanes[0]);
  if (!worst) return [];
  const beyond = excess.failed + (front?.failed ?? 0);
  return [
    {
      id: `stage-${stage.share}.users`,
      title: `Answers to users at ${stage.share} %`,
      clauses: worst.status === 'fail' ? ['3.2d', '4.1b'] : ['3.2d'],
      status: worst.status,
      because: `${worst.because}${worst.status === 'pass' ? '' : connectErrors(seen.connectErrors)}.`,
      expected: `at most ${formatRate(above)} failed beyond the 5xx of the instances`,
      actual: `${formatCount(beyond)} failed beyond the 5xx of the instances`,
      samples: failed
        ? countIn(current.router.total, 'canary', failed.source, slo).trials
        : (front?.requests ?? canary.requests),
      evidence: ['journal.ndjson'],
      requestIds: [],
    },
  ];
}

/** undefined where there are too few requests to judge, and none failed. */
function decide({ failed, requests }: Served, what: string, slo: Slo, { input }: JudgeState): Decision | undefined {
  const rate = requests === 0 ? 0 : failed / requests;
  const numbers = `${formatCount(failed)} of ${formatCount(requests)} answers ${what}`;
  if (requests < minimumOf(slo, input.settings))
    return failed === 0 ? undefined : { status: 'inconclusive', because: numbers };
  if (rate >= slo.limit) return { status: 'inconclusive', because: `${numbers}, ${formatRate(rate)}` };
  return { status: 'pass', because: numbers };
}

function decideFront(front: Served, slo: Slo, state: JudgeState): Decision | undefined {
  const before = state.input.frontBefore;
  const decision = decide(front, 'were 5xx that the router gave itself', slo, state);
  if (!decision || decision.status === 'pass' || cameWithShift(slo, before)) return decision;
  const earlier =
    before !== undefined && before.requests > 0
      ? `${formatRate(before.failed / before.requests)} already before the shift`
      : 'not counted before the shift';
  return { ...decision, because: `${decision.because}, ${earlier}` };
}

function connectErrors(errors: Readonly<Record<string, number>>): string {
  const named = Object.entries(errors)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${formatCount(count)} to ${name}`);
  return named.length === 0 ? '' : `; failed connections: ${named.join(', ')}`;
}

/** Both sides together err with this probability, however often the stage is evaluated. */
const alpha = 0.001;
/** The chance that so many requests in a row miss a canary that is in the rotation. */
const silenceAlpha = 1e-6;
/** A share of 0 or 1 leaves room for requests that were in flight at the shift. */
const clip = (share: number): number => Math.min(0.999, Math.max(0.001, share));

/**
 * Sample-ratio test: the canary's part of the users' requests against the part that was set. Two one-sided anytime-valid
 * tests at alpha / 2 (statistics), because the counts are tested after every observation: Lindon and Malek,
 * "Anytime-valid inference for multinomial count data", NeurIPS 2022. A mismatch holds the stage.
 */
function judgeShare({ stage, seen }: StageState): Judgement[] {
  const { split, withoutCanary } = seen;
  const requests = split ? split.canary + split.baseline : 0;
  if (!split || requests === 0) return [];
  const { set, canary } = split;
  const needed = Math.log(2 / alpha);
  // At 100 % no request can be one too many, and at 0 % none can be missing.
  const differs =
    (set < 1 && logBreachEvidence(canary, requests, clip(set)) >= needed) ||
    (set > 0 && logWithinEvidence(canary, requests, clip(set)) >= needed);
  const silent = withoutCanary * Math.log1p(-clip(set)) <= Math.log(silenceAlpha);
  const arrived = `${formatRate(set)} were set, ${formatRate(canary / requests)} arrived, n = ${formatCount(requests)}`;
  const because = silent
    ? `the canary received none of the last ${formatCount(withoutCanary)} user requests while ${formatRate(set)} were set; is it down for the router?`
    : differs
      ? `${arrived}; session persistence?`
      : `${arrived}.`;
  return [
    {
      id: `stage-${stage.share}.share`,
      title: `Share served at ${stage.share} %`,
      clauses: ['2.B4'],
      status: silent || differs ? 'inconclusive' : 'pass',
      because,
      expected: formatRate(set),
      actual: formatRate(canary / requests),
      samples: requests,
      evidence: ['journal.ndjson'],
      requestIds: [],
    },
  ];
}
