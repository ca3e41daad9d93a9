import type { Slo } from './slo.ts';

/** The steps of a verification, in the order in which they are taken. */
export const stepIds = ['health', 'readiness', 'smoke', 'load', 'metrics', 'aftermath', 'shutdown'] as const;
export type StepId = (typeof stepIds)[number];

/** What a run set out to ask, kept beside the evidence so that the same evidence can be judged again. */
export interface CheckPlan {
  readonly steps: readonly StepId[];
  readonly slos: readonly Slo[];
  /** What X-App-Release has to say; absent where nobody said. */
  readonly expectedRelease?: string;
  /** What the target offers to look at. */
  readonly offers: {
    readonly web: boolean;
    readonly metrics: boolean;
    readonly shutdown: boolean;
    /** False where the target file wants the collection walked and nothing else. */
    readonly journeyInCode?: boolean;
  };
  readonly smokeBudgetMs: number;
  /** Steps that the run did not come to, and why. */
  readonly leftOut: Partial<Record<StepId, string>>;
}
