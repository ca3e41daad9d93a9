import type { StageForecast } from '../core/rollout/forecast.ts';
import type { RolloutPlan } from '../core/rollout/plan.ts';
import { stepInfo } from '../core/rollout/step.ts';
import { formatMs } from '../core/slo.ts';
import { alignedLines } from './aligned-lines.ts';

/** What a rollout is going to do and what it will be able to see, as lines of aligned text. */
export function planLines(plan: RolloutPlan, forecast: readonly StageForecast[]): string[] {
  const { settings } = plan;
  const from = plan.previousRelease === undefined ? '' : ` in the place of ${plan.previousRelease}`;
  const where =
    plan.strategy === 'blue-green'
      ? `on ${plan.idle}, users are on ${plan.live}`
      : `on ${plan.live}, instance by instance`;
  const steps = plan.steps.filter((step) => step.do !== 'judge').map((step) => stepInfo(step));
  return [
    `plan: ${plan.release}${from}, ${plan.strategy}, ${where}`,
    ...alignedLines(steps.map(({ clause, title }, index) => [`${index + 1}`, clause, title])),
    `each stage: at least ${formatMs(settings.dwellMs)} observed, held for up to ${formatMs(settings.holdBudgetMs)} more, latency counts after ${formatMs(settings.warmUpMs)}, at least ${settings.minimum.requests} requests and ${settings.minimum.payments} payments`,
    `forecast, at today's traffic:`,
    ...alignedLines([
      ['share', 'requests/s', 'payments/s', 'needs', 'takes', 'sent by'],
      ...forecast.map(({ share, traffic, needsMs, takesMs, synthetic }) => [
        `${share} %`,
        rate(traffic.requests),
        rate(traffic.payments),
        time(longest(needsMs.requests, needsMs.payments)),
        takesMs === undefined ? 'its time is spent first' : time(takesMs),
        synthetic ? 'users and k6' : 'users',
      ]),
    ]),
    ...forecast.flatMap(({ share, cannotFire }) => cannotFire.map((rule) => `  at ${share} % cannot fire: ${rule}`)),
  ];
}

const rate = (perSecond: number): string => (perSecond >= 10 ? perSecond.toFixed(0) : perSecond.toFixed(1));
const time = (ms: number | undefined): string => (ms === undefined ? 'for ever' : formatMs(ms));
const longest = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.max(a, b);
