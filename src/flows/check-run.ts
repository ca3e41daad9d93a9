import type { RunEvidence } from '../core/run-result.ts';
import { formatMs } from '../core/slo.ts';
import { judgeRun } from '../core/judge/run.ts';
import type { StepId } from '../core/plan.ts';
import type { Emit } from '../core/events.ts';
import type { StepRecord } from '../core/run-result.ts';
import type { Clock } from '../system/clock.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Seen = Omit<Partial<RunEvidence>, 'schemaVersion' | 'runId' | 'plan'>;

/** A run in progress: what it has seen so far, which steps it took, and which judgements were told already. */
export interface CheckRun {
  readonly evidence: () => RunEvidence;
  readonly steps: () => readonly StepRecord[];
  /** Takes one step: adds what it saw to the evidence and tells what can be judged now. */
  readonly take: (id: string, title: string, look: () => Promise<Seen>) => Promise<void>;
  readonly leaveOut: (steps: readonly StepId[], because: string) => void;
  readonly hasFailed: () => boolean;
}

export function startCheckRun(empty: RunEvidence, clock: Clock, emit: Emit): CheckRun {
  const evidence: Mutable<RunEvidence> = { ...empty };
  const steps: StepRecord[] = [];
  const told = new Set<string>();

  const tellNewJudgements = () => {
    for (const judgement of judgeRun(evidence).judgements) {
      // Which release answers is judged over the whole run and therefore told at its end.
      if (told.has(judgement.id) || judgement.id === 'release') continue;
      told.add(judgement.id);
      emit({ type: 'judged', judgement });
    }
  };

  return {
    evidence: () => evidence,
    steps: () => steps,
    hasFailed: () => judgeRun(evidence).judgements.some(({ status }) => status === 'fail'),
    leaveOut: (left, because) => {
      const leftOut = { ...evidence.plan.leftOut };
      for (const step of left) leftOut[step] ??= because;
      evidence.plan = { ...evidence.plan, leftOut };
    },
    take: async (id, title, look) => {
      const startedAt = new Date(clock.now()).toISOString();
      const began = clock.monotonic();
      emit({ type: 'step-started', step: id, title });
      const seen = await look();
      Object.assign(evidence, seen);
      const durationMs = clock.monotonic() - began;
      const summary = `${title} took ${formatMs(durationMs)}`;
      steps.push({ id, title, startedAt, durationMs, summary });
      emit({ type: 'step-finished', step: id, durationMs, summary });
      tellNewJudgements();
    },
  };
}
