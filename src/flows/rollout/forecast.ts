import { countedOf } from '../../core/counted.ts';
import { forecastStages, type StageForecast, type Traffic } from '../../core/rollout/forecast.ts';
import { isShipping, releasedOn, type RolloutPlan } from '../../core/rollout/plan.ts';
import { formatMs } from '../../core/slo.ts';
import type { Reading } from '../../sources/index.ts';
import { compareScrapes } from '../../sources/scrape.ts';
import type { RolloutContext } from './run.ts';
import { planSynthetic } from './synthetic-plan.ts';
import { liveSide, sourceOf } from './source.ts';

/** How long the live colour is counted to estimate the current traffic. */
const countMs = 2000;

/** What each stage can measure: counted users, plus synthetic requests where the target allows them. */
export async function forecastRollout(plan: RolloutPlan, context: RolloutContext): Promise<StageForecast[]> {
  // What a platform has made live has the watch for its proofs, and no stage before it.
  const settings =
    plan.strategy === 'in-place' ? { ...plan.settings, dwellMs: plan.settings.watch.forMs } : plan.settings;
  const users = await countUsers(plan, context);
  const synthetic = plannedTraffic(plan, context);
  const stages = plan.strategy === 'blue-green' && isShipping(plan) ? settings.stages : observedShares(plan);
  return forecastStages({ stages, settings, slos: context.slos, users, ...(synthetic ? { synthetic } : {}) });
}

const observedShares = (plan: RolloutPlan): number[] =>
  plan.steps.flatMap((step) =>
    step.do === 'observe' || ((plan.verb === 'watch' || plan.strategy === 'in-place') && step.do === 'watch')
      ? [step.stage.share]
      : [],
  );

async function countUsers(plan: RolloutPlan, context: RolloutContext): Promise<Traffic> {
  const live = context.targetOf(plan.verb === 'watch' ? releasedOn(plan) : plan.live);
  const counted = countedOf(live, context.slos);
  const source = sourceOf(context, plan.live);
  const side = await liveSide(plan, source, context);
  const read = (after?: Reading) => source.read(side, { after, signal: context.signal });
  context.emit({ type: 'step-started', step: 'forecast', title: `Measuring current traffic for ${formatMs(countMs)}` });
  const before = await read();
  const began = context.clock.monotonic();
  await context.clock.sleep(countMs, context.signal);
  const after = await read(before);
  const seconds = (context.clock.monotonic() - began) / 1000;
  const { instances, problems } = compareScrapes(before, after, counted);
  const unknown = Object.entries(Object.assign({}, ...instances.map((each) => each.unknown)) as Record<string, string>);
  for (const [id, why] of unknown) context.emit({ type: 'note', text: `${id} cannot be judged: ${why}` });
  for (const problem of problems) context.emit({ type: 'note', text: `not counted: ${problem}` });
  const trials = (kind: 'server-error' | 'failed-payment') => {
    const slo = context.slos.find(({ event }) => event.kind === kind);
    return instances.reduce((sum, instance) => sum + (slo ? (instance.slo[slo.id]?.trials ?? 0) : 0), 0);
  };
  const users = { requests: trials('server-error') / seconds, payments: trials('failed-payment') / seconds };
  context.emit({ type: 'step-finished', step: 'forecast', durationMs: seconds * 1000, summary: 'counted' });
  return users;
}

function plannedTraffic(plan: RolloutPlan, { profiles, targetOf, emit }: RolloutContext): Traffic | undefined {
  const load = planSynthetic(targetOf(plan.live), plan.settings, profiles, 60_000);
  if (!load) return undefined;
  if (!('none' in load)) return { requests: load.expectedRequests / 60, payments: load.expectedPayments / 60 };
  emit({ type: 'note', text: `no synthetic requests: ${load.none}` });
  return undefined;
}
