import type { Emit } from '../core/events.ts';
import { judgeRun } from '../core/judge/run.ts';
import type { StepId } from '../core/plan.ts';
import type { RunEvidence, StepRecord } from '../core/run-result.ts';
import { formatMs } from '../core/slo.ts';
import type { Clock } from '../system/clock.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type Collected = Omit<Partial<RunEvidence>, 'schemaVersion' | 'runId' | 'plan'>;

/** A run in progress: its evidence so far, the steps that it ran, and the judgements that were emitted already. */
export interface CheckRun {
  readonly evidence: () => RunEvidence;
  readonly steps: () => readonly StepRecord[];
  /** Runs one step: adds what it collected to the evidence and emits what can be judged now. */
  readonly runStep: (id: string, title: string, collect: () => Promise<Collected>) => Promise<void>;
  readonly skip: (steps: readonly StepId[], because: string) => void;
  readonly hasFailed: () => boolean;
  /** Notes how long a step waited for a rate limit. */
  readonly waited: (what: string, ms: number) => void;
  readonly waits: () => ReadonlyMap<string, number>;
}

export function startCheckRun(empty: RunEvidence, clock: Clock, emit: Emit): CheckRun {
  const evidence: Mutable<RunEvidence> = { ...empty };
  const steps: StepRecord[] = [];
  const emitted = new Set<string>();
  const waits = new Map<string, number>();

  const emitNewJudgements = () => {
    for (const judgement of judgeRun(evidence).judgements) {
      // The release is judged over the whole run and therefore emitted at its end.
      if (emitted.has(judgement.id) || judgement.id === 'release') continue;
      emitted.add(judgement.id);
      emit({ type: 'judged', judgement });
    }
  };

  return {
    waited: (what, ms) => {
      if (ms > 0) waits.set(what, (waits.get(what) ?? 0) + ms);
    },
    waits: () => waits,
    evidence: () => evidence,
    steps: () => steps,
    hasFailed: () => judgeRun(evidence).judgements.some(({ status }) => status === 'fail'),
    skip: (skipped, because) => {
      const leftOut = { ...evidence.plan.leftOut };
      for (const step of skipped) leftOut[step] ??= because;
      evidence.plan = { ...evidence.plan, leftOut };
    },
    runStep: async (id, title, collect) => {
      const startedAt = new Date(clock.now()).toISOString();
      const began = clock.monotonic();
      emit({ type: 'step-started', step: id, title });
      Object.assign(evidence, await collect());
      const durationMs = clock.monotonic() - began;
      const summary = `${title} took ${formatMs(durationMs)}`;
      steps.push({ id, title, startedAt, durationMs, summary });
      emit({ type: 'step-finished', step: id, durationMs, summary });
      emitNewJudgements();
    },
  };
}
