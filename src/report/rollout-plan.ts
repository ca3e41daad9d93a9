import type { ProofForecast, StageForecast } from '../core/rollout/forecast.ts';
import { planDown, type PlannedMigration } from '../core/rollout/migrations.ts';
import { isRolledByRuntime, releasedOn, type RolloutPlan } from '../core/rollout/plan.ts';
import type { RolloutSettings } from '../core/rollout/settings.ts';
import { planRollback } from '../core/rollout/rollback-plan.ts';
import { stepInfo } from '../core/rollout/step-info.ts';
import { movesTraffic, type RolloutStep } from '../core/rollout/step.ts';
import { formatCount, formatMs } from '../core/slo.ts';
import { alignedLines } from './aligned-lines.ts';

/** The steps of a rollout and the forecast of each stage, as lines of aligned text. */
export function planLines(plan: RolloutPlan, forecast: readonly StageForecast[]): string[] {
  const { settings } = plan;
  if (plan.verb === 'watch') return watchLines(plan, forecast);
  const from = plan.previousRelease === undefined ? '' : `, replacing ${plan.previousRelease}`;
  const steps = plan.steps.filter((step) => step.do !== 'judge').map((step) => stepInfo(step));
  return [
    `plan: ${plan.release}${from}, ${plan.strategy}, ${whereOf(plan)}`,
    ...alignedLines(steps.map(({ clause, title }, index) => [`${index + 1}`, clause, title])),
    ...migrationLines(plan),
    ...rollbackLines(plan),
    `${pace(plan)}, latency warm-up ${formatMs(settings.warmUpMs)}, 4.1b ${judgeLine(settings)}`,
    ...stepBackLines(plan),
    `forecast at the current traffic:`,
    ...alignedLines([
      ['share', 'requests/s', 'payments/s', 'proofs after', 'decided after', 'source'],
      ...forecast.map(({ share, traffic, needsMs, takesMs, synthetic }) => [
        `${share} %`,
        rate(traffic.requests),
        rate(traffic.payments),
        time(longest(needsMs.requests, needsMs.payments)),
        takesMs === undefined ? 'hold budget expires first' : time(takesMs),
        synthetic ? 'users and k6' : 'users',
      ]),
    ]),
    ...forecast.map(({ share, proofs }) => `  at ${share} % proved: ${proofs.map(proofText).join(', ')}`),
    ...forecast.flatMap(({ share, cannotFire }) => cannotFire.map((rule) => `  at ${share} % cannot trigger: ${rule}`)),
  ];
}

function whereOf(plan: RolloutPlan): string {
  if (plan.strategy === 'blue-green') return `on ${plan.idle}, live is ${plan.live}`;
  if (isRolledByRuntime(plan)) return `on ${plan.live}, by the runtime`;
  return plan.strategy === 'rolling'
    ? `on ${plan.live}, instance by instance`
    : 'by the platform, for all users at once';
}

const pace = ({ strategy, settings: { dwellMs, holdBudgetMs, watch } }: RolloutPlan): string =>
  strategy === 'in-place'
    ? `watch: ${formatMs(watch.forMs)} of observed time, hold budget ${formatMs(holdBudgetMs)}`
    : `each stage: dwell ${formatMs(dwellMs)}, hold budget ${formatMs(holdBudgetMs)}`;

function watchLines(plan: RolloutPlan, forecast: readonly StageForecast[]): string[] {
  const { watch } = plan.settings;
  const on = plan.strategy === 'in-place' ? '' : ` on ${releasedOn(plan)}`;
  return [
    `plan: watch of ${plan.release}${on} for ${formatMs(watch.forMs)} of observed time`,
    ...alignedLines(plan.steps.map((step, index) => [`${index + 1}`, stepInfo(step).clause, stepInfo(step).title])),
    ...rollbackLines(plan),
    ...stepBackLines(plan),
    ...forecast.map(
      ({ traffic }) => `current traffic: ${rate(traffic.requests)} requests/s, ${rate(traffic.payments)} payments/s`,
    ),
  ];
}

function stepBackLines({ settings }: RolloutPlan): string[] {
  const { mode, forMs, most } = settings.judge.stepBack;
  if (mode === 'off') return [];
  return [
    `step-back on gross 5xx at 100 %: to ${settings.stages.at(-2)} % for ${formatMs(forMs)}, at most ${most} times; no verdict`,
  ];
}

const judgeLine = ({ judge, minimum }: RolloutSettings): string =>
  judge.mode === 'proof-only'
    ? 'by proof only'
    : `above 1 % in ${formatMs(judge.literal.windowMs)} from ${minimum.requests} requests or ${minimum.payments} payments${judge.mode === 'sop-strict' ? '' : `, confirmed by ${formatMs(judge.literal.confirmMs)}`}`;

const proofText = ({ objective, trials, needsMs }: ProofForecast): string =>
  `${objective} after ${needsMs === undefined ? 'no time at this traffic' : formatMs(needsMs)} (${trials === undefined ? 'no practical number' : formatCount(trials)})`;

function migrationLines({ rollback }: RolloutPlan): string[] {
  const { migrations = [] } = rollback ?? {};
  if (migrations.length === 0) return [];
  return [
    'pending migrations:',
    ...alignedLines(migrations.map((each) => [each.id, each.class, each.because])),
    ...pointOfNoReturn(planDown(migrations).stay),
  ];
}

function pointOfNoReturn(stay: readonly PlannedMigration[]): string[] {
  if (stay.length === 0) return [];
  const ids = stay.map(({ id }) => id).join(', ');
  return [
    `point of no return: the step Migrations applies ${ids}, which no rollback reverts`,
    `  after it a rollback returns the traffic, and the previous release runs on the new schema, on which it may fail`,
    `  before it: back the database up, or ship ${ids} with a later release, once no release needs the old schema`,
  ];
}

/** What a rollback of a release would do, given the steps that were started. */
export function undoLines(plan: RolloutPlan, startedSteps: readonly RolloutStep[]): string[] {
  const rows = planRollback(plan, startedSteps).map((step) => stepInfo(step));
  const to = plan.previousRelease ?? 'the previous release';
  return [
    `rollback of ${plan.release} to ${to}, ${plan.strategy}`,
    ...alignedLines(rows.map(({ clause, title }, index) => [`${index + 1}`, clause, title])),
    ...pointOfNoReturn(planDown(plan.rollback?.migrations ?? []).stay),
  ];
}

/** As if every step had been started. */
function rollbackLines(plan: RolloutPlan): string[] {
  const steps = planRollback(plan, plan.steps);
  const isByInstance = plan.strategy === 'rolling' && !isRolledByRuntime(plan);
  const instances = steps.filter((step) => isByInstance && movesTraffic(step));
  const others = steps.filter((step) => !instances.includes(step)).map((step) => stepInfo(step));
  const old = { clause: '4.2.1', title: `${plan.previousRelease} in every place that was replaced, newest first` };
  const rows = instances.length > 0 ? [old, ...others] : others;
  return [
    'rollback, of what was started by then:',
    ...alignedLines(rows.map(({ clause, title }, index) => [`${index + 1}`, clause, title])),
  ];
}

const rate = (perSecond: number): string => (perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1));
const time = (ms: number | undefined): string => (ms === undefined ? 'never' : formatMs(ms));
const longest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);
