import { formatCount, formatMs, type Slo } from '../slo.ts';
import { missingTrials } from '../judge/estimate.ts';
import type { Judgement } from '../verdict.ts';
import type { RolloutState } from './advance.ts';
import { observedMs, type Observation, sumCounts } from './observation.ts';
import type { RolloutRecord } from './record.ts';
import type { RolloutSettings } from './settings.ts';
import { isWatchStep, sameStage, type Stage } from './step.ts';

/** Whether the watch is what the rollout does next. */
export function isWatching({ steps, position }: Pick<RolloutState, 'steps' | 'position'>): boolean {
  const next = steps[position];
  return next !== undefined && isWatchStep(next);
}

/** Observed time since the last shift at which the watch ends, in ms; later where it was extended. */
export const watchEndMs = ({ plan, watchUntilMs }: Pick<RolloutState, 'plan' | 'watchUntilMs'>): number =>
  watchUntilMs ?? plan.settings.watch.forMs;

/** A watch takes as long as it is set to; what it has not proved then is a HOLD, whatever the hold budget of a stage is. */
const ofWatch = (settings: RolloutSettings): RolloutSettings => ({
  ...settings,
  dwellMs: settings.watch.forMs,
  holdBudgetMs: Number.MAX_SAFE_INTEGER,
});

/** A step-back ends with its time, whatever was proved until then. */
const ofStepBack = (settings: RolloutSettings): RolloutSettings => ({
  ...settings,
  dwellMs: settings.judge.stepBack.forMs,
  holdBudgetMs: Number.MAX_SAFE_INTEGER,
});

/** The settings by which the current stage is judged at this moment. */
export function judgedSettings(state: RolloutState): RolloutSettings {
  const { settings } = state.plan;
  if (state.steps[state.position]?.do === 'compare') return ofStepBack(settings);
  return isWatching(state)
    ? ofWatch(settings)
    : { ...settings, holdBudgetMs: settings.holdBudgetMs + state.extendedMs };
}

/** The settings by which a stage was judged at its end. */
export function settingsOf({ plan, events }: RolloutRecord, stage: Stage): RolloutSettings {
  const { settings } = plan;
  if (stage.stepBack !== undefined) return ofStepBack(settings);
  const watched = events.some(
    (event) =>
      (event.type === 'done' || event.type === 'failed') &&
      isWatchStep(event.step) &&
      'stage' in event.step &&
      sameStage(event.step.stage, stage),
  );
  return watched ? ofWatch(settings) : settings;
}

/** What a watch lacks at its end, each with the samples that are missing and the time that they take at its traffic. */
export function describeMissing(
  open: readonly Judgement[],
  observations: readonly Observation[],
  { slos, settings: { judge } }: { readonly slos: readonly Slo[]; readonly settings: RolloutSettings },
): string {
  const seconds = observedMs(observations) / 1000;
  return open
    .map(({ title, because, id, samples = 0 }) => {
      const text = `${title}: ${because}`;
      const slo = slos.find((each) => id === `stage-100.${each.id}`);
      if (!slo) return text.replace(/\.$/, '');
      const { events } = sumCounts(observations, 'canary', slo.id);
      const missing = missingTrials({ events: Math.min(events, samples), trials: samples }, slo.limit, judge.beta);
      if (missing === undefined) return text.replace(/\.$/, '');
      const time = samples === 0 ? 'none arrive' : `about ${formatMs((missing * seconds * 1000) / samples)}`;
      return `${text} Missing: ${formatCount(missing)} samples, ${time} at the traffic of the watch`;
    })
    .join('; ');
}
