import { fastSettings } from '../../core/judge/fast.ts';
import type { Sample, Stratum } from '../../core/rollout/observation.ts';
import { mayStepBack } from '../../core/rollout/step-back.ts';
import type { Stage } from '../../core/rollout/step.ts';
import { formatCount, formatRate } from '../../core/slo.ts';
import { addStepBackBatch, startStepBack, stepBackDefaults, stepBackDue } from '../../core/statistics/index.ts';
import type { RolloutRun } from './run.ts';
import { isWarm } from './serving.ts';

/** Decides at 100 % whether the traffic is put back for a while; its evidence starts at 1 with each time it is opened. */
export interface StepBackWatcher {
  /** True where the rollout has left its step for a step-back. */
  readonly stepsBack: (sample: Sample) => Promise<boolean>;
}

export function watchForStepBack(stage: Stage, run: RolloutRun): StepBackWatcher {
  const { p0 } = fastSettings(run.judge().input);
  const { longestMs } = run.state().plan.settings.judge.sample;
  const settings = { ...stepBackDefaults, p0 };
  let evidence = startStepBack();
  let recent: Stratum['canary'][] = [];
  return {
    stepsBack: async ({ lengthMs, strata }) => {
      if (lengthMs > longestMs || !mayStepBack(run.state())) return false;
      const requests = strata.reduce((sum, { canary }) => sum + canary.requests, 0);
      const failed = strata.reduce((sum, { canary }) => sum + canary.failed, 0);
      evidence = addStepBackBatch(evidence, { events: failed, trials: requests }, settings);
      recent = [...recent, { requests, failed }].slice(-settings.m);
      if (!stepBackDue(evidence, settings)) return false;
      evidence = startStepBack();
      const because = describeFailures(recent, p0);
      const { live } = run.state().plan;
      if (live !== 'public' && (await isWarm(live, run))) {
        await run.append({ type: 'stepped-back', stage, because });
        return true;
      }
      run.emit({ type: 'note', text: `no step-back, ${live} is not ready: ${because}` });
      return false;
    },
  };
}

/** `5xx of 62 of 310 requests of the last 5 samples, limit 1 %`. */
function describeFailures(recent: readonly Stratum['canary'][], p0: number): string {
  const sum = (key: 'requests' | 'failed') => formatCount(recent.reduce((total, each) => total + each[key], 0));
  return `${sum('failed')} of ${sum('requests')} requests failed in the last ${recent.length} samples, limit ${formatRate(p0)}`;
}
