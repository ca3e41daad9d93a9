import type { RolloutEvent } from './rollout/advance.ts';
import type { StageForecast } from './rollout/forecast.ts';
import type { RolloutPlan } from './rollout/plan.ts';
import type { StageView } from './rollout/view.ts';
import type { Judgement, NotChecked, Verdict, VerdictWord } from './verdict.ts';

type Sampled = Extract<RolloutEvent, { type: 'sampled' }>;

/** What a workflow emits while it runs; listeners turn it into terminal lines, log lines and the journal. */
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
  /** Progress inside a step as one short line; `done` of `of` where it can be counted. */
  | {
      readonly type: 'step-progress';
      readonly step: string;
      readonly text: string;
      readonly done?: number;
      readonly of?: number;
    }
  | { readonly type: 'step-finished'; readonly step: string; readonly durationMs: number; readonly summary: string }
  | { readonly type: 'judged'; readonly judgement: Judgement }
  /** The plan of a rollout, the first event of its journal. `targetKey` identifies the target. */
  | {
      readonly type: 'rollout-planned';
      readonly targetKey: string;
      /** The settings of the router and the runtime, by their path in the target file. */
      readonly drivers?: Readonly<Record<string, string>>;
      readonly plan: RolloutPlan;
      readonly forecast: readonly StageForecast[];
    }
  | { readonly type: 'rollout'; readonly event: Exclude<RolloutEvent, Sampled> }
  | Sampled
  /** The current stage, for display only; the journal has the observations themselves. */
  | { readonly type: 'stage-observed'; readonly view: StageView; readonly word: VerdictWord }
  | { readonly type: 'lock-taken-over'; readonly from: string; readonly because: string }
  | { readonly type: 'not-checked'; readonly check: NotChecked }
  | { readonly type: 'interrupted'; readonly signal: string }
  /** The target that this run started was stopped. */
  | { readonly type: 'target-stopped'; readonly durationMs: number }
  | { readonly type: 'verdict'; readonly verdict: Verdict };

export type Emit = (event: RunEvent) => void;
