import type { RolloutEvent } from './rollout/advance.ts';
import type { StageForecast } from './rollout/forecast.ts';
import type { RolloutPlan } from './rollout/plan.ts';
import type { StageView } from './rollout/view.ts';
import type { Judgement, NotChecked, Verdict, VerdictWord } from './verdict.ts';

/** What a flow says while it works; listeners make terminal lines, CI lines and the journal of it. */
export type RunEvent =
  | {
      readonly type: 'run-started';
      readonly runId: string;
      readonly verb: string;
      readonly target: string;
      readonly environment: string;
    }
  | { readonly type: 'note'; readonly text: string }
  | { readonly type: 'step-started'; readonly step: string; readonly title: string; readonly budgetMs?: number }
  /** Something moved inside a step: one short line; `done` of `of` where it can be counted. */
  | {
      readonly type: 'step-progress';
      readonly step: string;
      readonly text: string;
      readonly done?: number;
      readonly of?: number;
    }
  | { readonly type: 'step-finished'; readonly step: string; readonly durationMs: number; readonly summary: string }
  | { readonly type: 'judged'; readonly judgement: Judgement }
  /** What a rollout is going to do; the first line of its story. `targetKey` tells one target from another. */
  | {
      readonly type: 'rollout-planned';
      readonly targetKey: string;
      readonly plan: RolloutPlan;
      readonly forecast: readonly StageForecast[];
    }
  | { readonly type: 'rollout'; readonly event: RolloutEvent }
  /** A stage as it stands at this moment; for the eye, never for the journal. */
  | { readonly type: 'stage-observed'; readonly view: StageView; readonly word: VerdictWord }
  | { readonly type: 'lock-taken-over'; readonly from: string; readonly because: string }
  | { readonly type: 'not-checked'; readonly check: NotChecked }
  | { readonly type: 'interrupted'; readonly signal: string }
  /** The target that this run had started is gone again. */
  | { readonly type: 'target-stopped'; readonly durationMs: number }
  | { readonly type: 'verdict'; readonly verdict: Verdict };

export type Emit = (event: RunEvent) => void;
