import type { StageForecast } from '../core/rollout/forecast.ts';
import type { RolloutPlan } from '../core/rollout/plan.ts';
import { stepInfo } from '../core/rollout/step.ts';
import { formatMs } from '../core/slo.ts';
import { alignedLines } from './aligned-lines.ts';

/** The steps of a rollout and the forecast of each stage, as lines of aligned text. */
export function planLines(plan: RolloutPlan, forecast: readonly StageForecast[]): string[] {
  const { settings } = plan;
  const from = plan.previousRelease === undefined ? '' : `, replacing ${plan.previousRelease}`;
  const where =
    plan.strategy === 'blue-green' ? `on ${plan.idle}, live is ${plan.live}` : `on ${plan.live}, instance by instance`;
  const steps = plan.steps.filter((step) => step.do !== 'judge').map((step) => stepInfo(step));
  return [
    `plan: ${plan.release}${from}, ${plan.strategy}, ${where}`,
    ...alignedLines(steps.map(({ clause, title }, index) => [`${index + 1}`, clause, title])),
    `each stage: dwell ${formatMs(settings.dwellMs)}, hold budget ${formatMs(settings.holdBudgetMs)}, latency warm-up ${formatMs(settings.warmUpMs)}, at least ${settings.minimum.requests} requests and ${settings.minimum.payments} payments`,
    `forecast at the current traffic:`,
    ...alignedLines([
      ['share', 'requests/s', 'payments/s', 'samples after', 'decided after', 'source'],
      ...forecast.map(({ share, traffic, needsMs, takesMs, synthetic }) => [
        `${share} %`,
        rate(traffic.requests),
        rate(traffic.payments),
        time(longest(needsMs.requests, needsMs.payments)),
        takesMs === undefined ? 'hold budget expires first' : time(takesMs),
        synthetic ? 'users and k6' : 'users',
      ]),
    ]),
    ...forecast.flatMap(({ share, cannotFire }) => cannotFire.map((rule) => `  at ${share} % cannot trigger: ${rule}`)),
  ];
}

const rate = (perSecond: number): string => (perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1));
const time = (ms: number | undefined): string => (ms === undefined ? 'never' : formatMs(ms));
const longest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);
