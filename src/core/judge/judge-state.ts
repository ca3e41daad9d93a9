import type { Stage } from '../rollout/step.ts';
import type { Slo } from '../slo.ts';
import type { ClauseId } from '../sop.ts';
import type { FastState } from '../statistics/index.ts';
import type { Feed } from './feed.ts';
import type { JudgeInput } from './judge-input.ts';
import type { Lanes } from './lanes.ts';
import type { Literal } from './literal-rule.ts';
import type { Seen } from './stage-seen.ts';
import type { Sustained } from './sustained.ts';
import type { Source } from './tally.ts';

/** Everything that the judge remembers of a rollout: of constant size, and the fold of its observations and samples. */
export interface JudgeState {
  readonly input: JudgeInput;
  /** Those of a rollback go on over the stages of a rollout, so that their chance of a wrong decision holds for all of it together. */
  readonly lanes: Lanes;
  /** By what it counts: users, and where requests of our own may be sent, users and those requests. */
  readonly fast: readonly FastState[];
  readonly current: StageState | undefined;
}

/** What was counted since traffic was shifted to the stage. */
export interface StageState {
  readonly stage: Stage;
  /** Since the shift, observed or not. */
  readonly passedMs: number;
  readonly pages: Feed;
  readonly router: Feed;
  readonly sustained: Sustained;
  readonly literal: Literal;
  readonly seen: Seen;
  /** The first sample that counts begins a new split of the traffic. */
  readonly startsSplit: boolean;
  /** Samples since the last observation: its own counts of the router are then the same requests. */
  readonly samples: number;
  /** The first rollback criterion that was met. Nothing that comes after it changes the verdict. */
  readonly decided?: Decided;
}

/** A rollback criterion that was met: the line of the order of decision, and the count that met it. */
export interface Decided {
  readonly line: 'fast' | 'breach' | 'sop';
  readonly slo: Slo;
  readonly source: Source;
  readonly clause: ClauseId;
  readonly because: string;
}
