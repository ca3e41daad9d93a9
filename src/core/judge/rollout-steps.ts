import type { RolloutEvent } from '../rollout/advance.ts';
import type { RolloutRecord } from '../rollout/record.ts';
import { stepInfo } from '../rollout/step-info.ts';
import { movesTraffic, type RolloutStep } from '../rollout/step.ts';
import type { ClauseId } from '../sop.ts';
import type { Judgement, JudgementStatus } from '../verdict.ts';

type Ended = Extract<RolloutEvent, { type: 'done' | 'failed' }>;

/** The clauses that a rollout performs step by step, each judged by how its steps ended. A clause without a step has none. */
export function judgeSteps({ plan, events }: RolloutRecord): Judgement[] {
  const last = new Map<string, Ended>();
  for (const event of events)
    if (event.type === 'done' || event.type === 'failed') last.set(stepInfo(event.step).id, event);
  const ended = [...last.values()];
  const having = (what: RolloutStep['do']) => ended.filter(({ step }) => step.do === what);
  const keepWarm = having('confirm').filter(({ step }) => step.do === 'confirm' && step.because === 'keep-warm');
  return [
    ...judge(having('replace').filter(isForward), platform, failedIs('fail')),
    ...judge([...having('adopt'), ...having('verify'), ...having('verify-live')], identityOf(plan), judgeIdentity),
    ...judge(having('migrate').filter(runsMigrations), migrations, failedIs('fail')),
    ...judge(having('drain'), drained, failedIs('fail')),
    ...judge(having('roll').filter(replacesAll), leftOut, judgeLeftOut),
    ...judge(having('join'), joined, failedIs('fail')),
    ...judge(having('roll'), rolled, failedIs('fail')),
    ...judge(having('stop'), stopped, judgeExit),
    ...judge(having('roll').filter(replacesAll).map(withUnseenEndings(events)), stopped, judgeEndings),
    ...judge(keepWarm, warm, failedIs('inconclusive')),
    ...judge(ended.filter(hasProblems), routerState, () => 'inconclusive'),
  ];
}

interface Question {
  readonly id: string;
  readonly title: string;
  readonly clauses: readonly ClauseId[];
  readonly expected: string;
}
const identity: Question = {
  id: 'rollout.identity',
  title: 'The new release answers on every instance',
  clauses: ['2.B1'],
  expected: 'every instance answers as the release before it gets traffic',
};
const platform: Question = {
  id: 'rollout.platform',
  title: 'The platform reports the release live',
  clauses: ['2.B1'],
  expected: 'one deployment of the release, live within its time limit',
};
const isForward = ({ step }: Ended): boolean => step.do === 'replace' && !step.rollback;

/** What a platform replaces has its traffic at once. */
const identityOf = ({ strategy }: RolloutRecord['plan']): Question =>
  strategy === 'in-place'
    ? {
        ...identity,
        title: 'The new release answers at the public address',
        expected: 'every answer in a row is that of the release',
      }
    : identity;
const migrations: Question = {
  id: 'rollout.migrations',
  title: 'Migrations',
  clauses: ['2.B2'],
  expected: 'no migration is pending',
};
const drained: Question = {
  id: 'rollout.drain',
  title: 'Instances are drained before they are stopped',
  clauses: ['2.R1'],
  expected: 'no new requests, and time for those in flight',
};
const joined: Question = {
  id: 'rollout.join',
  title: 'Instances join once they are healthy',
  clauses: ['2.R3'],
  expected: 'up by a health check of the router after joining',
};
const leftOut: Question = {
  ...drained,
  title: 'Replaced instances are left out by the router',
  expected: 'no users on an instance that has ended',
};
const rolled: Question = {
  ...joined,
  expected: 'ready by the readiness probe of the runtime, and up in the router',
};
const stopped: Question = {
  id: 'rollout.stop',
  title: 'Instances stop gracefully',
  clauses: ['2.R4'],
  expected: 'exit code 0 within 30 s of SIGTERM',
};
const warm: Question = {
  id: 'rollout.keep-warm',
  title: 'The previous release is kept warm',
  clauses: ['2.B5'],
  expected: 'running and ready at weight 0',
};
const routerState: Question = {
  id: 'rollout.router',
  title: 'The router keeps what was set',
  clauses: ['2.B4'],
  expected: 'every change is complete',
};

const runsMigrations = (event: Ended): boolean =>
  event.type === 'failed' || event.summary !== 'the target names no migrations';

/** Of a step that failed nothing was replaced for good: its failure is that of the new instances. */
const replacesAll = ({ type, step }: Ended): boolean => type === 'done' && step.do === 'roll' && step.part === 'all';

/** Problems of the router's changes; what a rollback found beside the traffic is in its receipt. */
const problemsOf = (event: Ended): readonly string[] =>
  event.type === 'done' && movesTraffic(event.step) && !isOfRuntime(event.step) ? (event.problems ?? []) : [];
/** What an instance did at its end is no change of the router. */
const isOfRuntime = ({ do: what }: RolloutStep): boolean =>
  what === 'release' || what === 'roll' || what === 'roll-back';
const hasProblems = (event: Ended): boolean => problemsOf(event).length > 0;

const failedIs =
  (status: JudgementStatus) =>
  ({ type }: Ended): JudgementStatus =>
    type === 'done' ? 'pass' : status;

/** Clause 2.R4 is not met by an instance that was killed or failed; it is replaced already, so the verdict is HOLD. */
function judgeExit(event: Ended): JudgementStatus {
  if (event.type === 'failed') return 'fail';
  // Journals of earlier versions do not have it.
  if (!event.exit) return 'error';
  return event.exit.code === 0 && !event.exit.killed ? 'pass' : 'inconclusive';
}

const judgeLeftOut = (event: Ended): JudgementStatus =>
  event.type === 'done' && event.lingering?.length === 0 ? 'pass' : 'inconclusive';

/** Where no ending was seen, as after a command that was killed meanwhile, nothing shows that requests in flight were answered. */
function judgeEndings(event: Ended): JudgementStatus {
  const endings = event.type === 'done' ? (event.endings ?? []) : [];
  return endings.length > 0 && endings.every(({ code, killed }) => code === 0 && !killed) ? 'pass' : 'inconclusive';
}

function judgeIdentity(event: Ended): JudgementStatus {
  if (event.type === 'failed') return 'fail';
  const { releases, step } = event;
  const isAsked = step.do === 'verify' || step.do === 'verify-live' || step.do === 'adopt';
  if (!isAsked || !releases) return 'inconclusive';
  const answers = Object.values(releases);
  return answers.length > 0 && answers.every((each) => each === step.release || each === 'accepted')
    ? 'pass'
    : 'inconclusive';
}

/** The runtime goes on while no command runs: of a step that was begun more than once, some instances ended unseen. */
const withUnseenEndings =
  (events: RolloutRecord['events']) =>
  (event: Ended): Ended => {
    const { id } = stepInfo(event.step);
    const begun = events.filter(
      ({ type, ...each }) => type === 'intended' && 'step' in each && stepInfo(each.step).id === id,
    );
    if (event.type === 'failed' || begun.length < 2) return event;
    const unseen = { name: 'an instance', code: null, killed: false };
    const summary = `${event.summary}; interrupted, and how instances ended meanwhile is not known`;
    return { ...event, summary, endings: [...(event.endings ?? []), unseen] };
  };

const order: readonly JudgementStatus[] = ['fail', 'error', 'inconclusive', 'pass'];

/** One judgement of all steps of a kind: the worst of them decides, and the others are counted. */
function judge(ended: readonly Ended[], question: Question, statusOf: (event: Ended) => JudgementStatus): Judgement[] {
  if (ended.length === 0) return [];
  const worst = order.find((status) => ended.some((event) => statusOf(event) === status)) ?? 'pass';
  const passed = ended.filter((event) => statusOf(event) === 'pass').length;
  const deciding = ended.filter((event) => statusOf(event) === worst);
  return [
    {
      ...question,
      status: worst,
      actual: ended.length === 1 ? describe(ended[0]) : `${passed} of ${ended.length}`,
      because: `${deciding.slice(0, 4).map(nameAndOutcome).join('; ')}.`,
      samples: ended.length,
      evidence: ['journal.ndjson'],
      requestIds: [],
    },
  ];
}

/** What failed names its step already. */
const nameAndOutcome = (event: Ended): string =>
  (event.type === 'failed' ? event.because : `${stepInfo(event.step).title}: ${describe(event)}`).replace(/\.$/, '');

function describe(event: Ended | undefined): string {
  if (!event) return '';
  if (event.type === 'failed') return event.because;
  const { lingering = [] } = event;
  const left = lingering.length === 0 ? [] : [`the router still sends users to ${lingering.join(', ')}`];
  return hasProblems(event) ? problemsOf(event).join('; ') : [event.summary, ...left].join('; ');
}
