import type { StartedProcess } from '../drivers.ts';
import type { VerdictWord } from '../verdict.ts';
import type { Decision } from './decided.ts';
import type { DecisionLine } from './decision-line.ts';
import type { Observation, Sample, Served } from './observation.ts';
import type { RolloutStep, Shares, Stage } from './step.ts';

/** What came of a step. */
export interface StepOutcome {
  readonly summary: string;
  /** As read back, after a shift. */
  readonly shares?: Shares;
  /** The router's own answers between the start of the rollout and its first shift. */
  readonly front?: Served;
  /** The release that each verified instance showed; `unknown` where it showed none, `accepted` where that is accepted. */
  readonly releases?: Readonly<Record<string, string>>;
  /** How the instances ended that the runtime replaced by itself; a code of null where it could not be read. */
  readonly endings?: readonly { readonly name: string; readonly code: number | null; readonly killed: boolean }[];
  /** Replaced instances that the router still sent users to, once its time to leave them out was over. */
  readonly lingering?: readonly string[];
  /** How a stopped instance ended. */
  readonly exit?: { readonly code: number | null; readonly killed: boolean };
  /** What failed beside the step itself. */
  readonly problems?: readonly string[];
  /** JSON that a later step, or a repetition of this one, needs: a snapshot of flags, the address of a ticket. */
  readonly data?: unknown;
}

/** Everything that changes a rollout. Each event is one line of the journal, and the state is made of nothing else. */
export type RolloutEvent =
  /** Written before a step changes the target. */
  | { readonly type: 'intended'; readonly step: RolloutStep }
  /** A command of the target is about to be executed for the intended step; it may outlive this process. */
  | { readonly type: 'command-started'; readonly process: StartedProcess }
  | ({ readonly type: 'done'; readonly step: RolloutStep } & StepOutcome)
  | { readonly type: 'failed'; readonly step: RolloutStep; readonly because: string }
  | { readonly type: 'observed'; readonly stage: Stage; readonly observation: Observation }
  /** The router's counters of one second. The state does not hold them: the judge folds them from the journal. */
  | { readonly type: 'sampled'; readonly stage: Stage; readonly sample: Sample }
  /** At 100 %, failures that want a comparison with the previous release: the traffic is put back for a while. No verdict. */
  | { readonly type: 'stepped-back'; readonly stage: Stage; readonly because: string }
  | {
      readonly type: 'judged';
      readonly stage: Stage;
      readonly word: VerdictWord;
      readonly because: string;
      /** Absent in journals of earlier versions. */
      readonly line?: DecisionLine;
    }
  /** An operator orders the rollback. */
  | { readonly type: 'aborted'; readonly because: string }
  | ({ readonly type: 'decided'; readonly stage?: Stage } & Decision)
  | { readonly type: 'paused'; readonly because: string }
  | { readonly type: 'resumed'; readonly unobservedMs: number };
