import { otherColour, type RolloutPlan } from '../../core/rollout/plan.ts';
import type { TimedRolloutEvent } from '../../core/rollout/record.ts';
import type { RolloutTime, Stretch } from './rollout-time.ts';

/** Percent of the traffic on the new release, over a stretch of time. */
export interface Band extends Stretch {
  readonly share: number;
}

/** Who had the traffic, from the first event to the last; a rolling update counts the instances that it replaced. */
export function trafficBands(plan: RolloutPlan, time: RolloutTime): Band[] {
  const bands: Band[] = [];
  let share = 0;
  let fromMs = 0;
  for (const { ms, event } of time.events) {
    const next = shareAfter(event, plan);
    if (next === undefined || next === share) continue;
    if (ms > fromMs) bands.push({ fromMs, toMs: ms, share });
    [share, fromMs] = [next, ms];
  }
  return [...bands, { fromMs, toMs: time.lengthMs, share }];
}

function shareAfter(event: TimedRolloutEvent, plan: RolloutPlan): number | undefined {
  if (plan.strategy === 'rolling') {
    // The router's shares are of colours, and a rolling update stays on one.
    if (event.type === 'tick') return percent(event.stage.share);
    return event.type === 'done' && event.step.do === 'confirm' && event.step.because === 'has-traffic-again'
      ? 0
      : undefined;
  }
  const shares = event.type === 'done' ? event.shares : event.type === 'tick' ? event.tick.shares : undefined;
  return shares && percent(shares[otherColour(plan.live)]);
}

const percent = (share: number): number | undefined =>
  Number.isFinite(share) ? Math.min(100, Math.max(0, share)) : undefined;
