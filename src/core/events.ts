import type { Judgement, NotLookedAt, Verdict } from './verdict.ts';

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
  | { readonly type: 'not-looked-at'; readonly check: NotLookedAt }
  | { readonly type: 'interrupted'; readonly signal: string }
  /** The target that this run had started is gone again. */
  | { readonly type: 'target-stopped'; readonly durationMs: number }
  | { readonly type: 'verdict'; readonly verdict: Verdict };

export type Emit = (event: RunEvent) => void;
