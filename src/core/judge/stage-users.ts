import { observedMs, sumCounts, sumServed, type Observation, type Served } from '../rollout/observation.ts';
import type { RolloutSettings } from '../rollout/settings.ts';
import type { Stage } from '../rollout/step.ts';
import { formatCount, formatRate, type Slo } from '../slo.ts';
import { logBreachEvidence, logWithinEvidence } from '../statistics/index.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';

export interface UsersInput {
  readonly stage: Stage;
  readonly observations: readonly Observation[];
  readonly slos: readonly Slo[];
  readonly settings: RolloutSettings;
  /** The router's own answers before the first shift; undefined where they were not counted. */
  readonly frontBefore?: Served | undefined;
}

/** What users got through the router, beside what the instances say of themselves. Nothing where the router does not count. */
export const judgeUsers = (input: UsersInput): Judgement[] => [...judgeAnswers(input), ...judgeShare(input)];

interface Decision {
  readonly status: JudgementStatus;
  readonly because: string;
}

/**
 * Clause 4.1b for users: answers of the canary that failed beyond its own 5xx (resets, aborted answers), and 5xx that the
 * router gave itself. The latter are the release's only if they came with the shift.
 */
function judgeAnswers({ stage, observations, slos, settings, frontBefore }: UsersInput): Judgement[] {
  const seen = observations.filter(({ observed }) => observed);
  const canary = sumServed(seen, 'canary');
  const front = sumServed(seen, 'front');
  const slo = slos.find(({ event }) => event.kind === 'server-error');
  if (!canary || !slo) return [];
  const above = slo.rollback?.above ?? slo.limit;
  const own = sumCounts(seen, 'canary', slo.id).events;
  const excess = { failed: Math.max(0, canary.failed - own), requests: canary.requests };
  const lanes = [
    decide(excess, 'of the canary failed beyond its own 5xx', slo.limit, above, settings, true),
    ...(front ? [decideFront(front, frontBefore, slo.limit, above, settings)] : []),
  ].flatMap((decision) => decision ?? []);
  const worst =
    lanes.find(({ status }) => status === 'fail') ?? lanes.find(({ status }) => status !== 'pass') ?? lanes[0];
  if (!worst) return [];
  const failed = excess.failed + (front?.failed ?? 0);
  return [
    {
      id: `stage-${stage.share}.users`,
      title: `Answers to users at ${stage.share} %`,
      clauses: worst.status === 'fail' ? ['3.2d', '4.1b'] : ['3.2d'],
      status: worst.status,
      because: `${worst.because}${worst.status === 'pass' ? '' : connectErrors(seen)}.`,
      expected: `at most ${formatRate(above)} failed beyond the 5xx of the instances`,
      actual: `${formatCount(failed)} failed beyond the 5xx of the instances`,
      samples: front?.requests ?? canary.requests,
      evidence: ['journal.ndjson'],
      requestIds: [],
    },
  ];
}

/** undefined where there are too few requests to judge, and none failed. */
function decide(
  { failed, requests }: Served,
  what: string,
  limit: number,
  above: number,
  { minimum }: RolloutSettings,
  isRelease: boolean,
): Decision | undefined {
  const rate = requests === 0 ? 0 : failed / requests;
  const numbers = `${formatCount(failed)} of ${formatCount(requests)} answers ${what}`;
  if (requests < minimum.requests) return failed === 0 ? undefined : { status: 'inconclusive', because: numbers };
  if (rate > above) return { status: isRelease ? 'fail' : 'inconclusive', because: `${numbers}, ${formatRate(rate)}` };
  if (rate >= limit) return { status: 'inconclusive', because: `${numbers}, ${formatRate(rate)}` };
  return { status: 'pass', because: numbers };
}

function decideFront(
  front: Served,
  before: Served | undefined,
  limit: number,
  above: number,
  settings: RolloutSettings,
): Decision | undefined {
  const what = 'were 5xx that the router gave itself';
  const known = before !== undefined && before.requests > 0;
  const cameWithShift = known && before.failed / before.requests <= above;
  const decision = decide(front, what, limit, above, settings, cameWithShift);
  if (!decision || decision.status === 'pass' || cameWithShift) return decision;
  const earlier = known
    ? `${formatRate(before.failed / before.requests)} already before the shift`
    : 'not counted before the shift';
  return { ...decision, because: `${decision.because}, ${earlier}` };
}

function connectErrors(observations: readonly Observation[]): string {
  const sums = new Map<string, number>();
  for (const { connectErrors: errors = {} } of observations)
    for (const [name, count] of Object.entries(errors)) sums.set(name, (sums.get(name) ?? 0) + count);
  const named = [...sums].filter(([, count]) => count > 0).map(([name, count]) => `${formatCount(count)} to ${name}`);
  return named.length === 0 ? '' : `; failed connections: ${named.join(', ')}`;
}

/** Both sides together err with this probability, however often the stage is evaluated. */
const alpha = 0.001;
/** A share of 0 or 1 leaves room for requests that were in flight at the shift. */
const clip = (share: number): number => Math.min(0.999, Math.max(0.001, share));

/**
 * Sample-ratio test: the canary's part of the users' requests against the part that was set. Two one-sided anytime-valid
 * tests at alpha / 2 (statistics/evidence.ts), because the counts are tested after every observation: Lindon and Malek,
 * "Anytime-valid inference for multinomial count data", NeurIPS 2022. A mismatch holds the stage.
 */
function judgeShare({ stage, observations, settings }: UsersInput): Judgement[] {
  let passedMs = 0;
  const counted = observations.filter((observation) => {
    const started = passedMs;
    passedMs += observedMs([observation]);
    // While a server's slow start ramps up, its share is below its weight.
    return (
      observation.observed && observation.share !== undefined && observation.served && started >= settings.warmUpMs
    );
  });
  const share = counted.at(-1)?.share;
  const canary = sumServed(counted, 'canary');
  const baseline = sumServed(counted, 'baseline');
  if (share === undefined || !canary || !baseline || canary.requests + baseline.requests === 0) return [];
  const requests = canary.requests + baseline.requests;
  const needed = Math.log(2 / alpha);
  const differs =
    logBreachEvidence(canary.requests, requests, clip(share)) >= needed ||
    logWithinEvidence(canary.requests, requests, clip(share)) >= needed;
  const numbers = `${formatCount(canary.requests)} of ${formatCount(requests)} user requests (${formatRate(canary.requests / requests)}) were served by the canary, and ${formatRate(share)} was set`;
  return [
    {
      id: `stage-${stage.share}.share`,
      title: `Share served at ${stage.share} %`,
      clauses: ['2.B4'],
      status: differs ? 'inconclusive' : 'pass',
      because: `${numbers}.`,
      expected: formatRate(share),
      actual: formatRate(canary.requests / requests),
      samples: requests,
      evidence: ['journal.ndjson'],
      requestIds: [],
    },
  ];
}
