import { advance, foldRollout, type RolloutEvent, type RolloutState } from '../../core/rollout/advance.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../../core/rollout/record.ts';
import type { Emit } from '../../core/events.ts';
import { messageOf, ToolError } from '../../core/errors.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import type { Slo } from '../../core/slo.ts';
import type { Target } from '../../core/target.ts';
import type { FoundTools } from '../../config/tools.ts';
import type { TargetLock } from '../../journal/lock.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import type { RunnerContext } from '../../runners/runner.ts';
import type { Clock } from '../../system/clock.ts';
import type { Drivers } from '../drivers.ts';
import type { LoadProfiles } from '../../core/load-plan.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the steps of a rollout share. */
export interface RolloutContext {
  readonly drivers: Drivers;
  /** The target as it is seen from one of its colours. */
  readonly targetOf: (environment: 'blue' | 'green') => Target;
  readonly slos: readonly Slo[];
  readonly profiles: LoadProfiles;
  readonly tools: FoundTools;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly runner: RunnerContext;
  readonly sessionsFile: string;
  readonly learnSecrets: () => Promise<void>;
}

/** A rollout in progress: its journal, its state, and what was seen. */
export interface RolloutRun extends RolloutContext {
  readonly state: () => RolloutState;
  readonly record: () => RolloutRecord;
  /** Writes an event down, on disk, and moves the state. Throws ToolError where it could not be written. */
  readonly append: (event: RolloutEvent) => Promise<void>;
  readonly evidence: Mutable<RunEvidence>;
  /** Puts the evidence on disk; called before the journal says that it was gathered. Throws ToolError where it cannot. */
  readonly saveEvidence: () => Promise<void>;
  /** Why the journal could not be written, while traffic had to go back all the same. */
  readonly journalError: () => string | undefined;
}

export function startRolloutRun(
  context: RolloutContext,
  start: { readonly record: RolloutRecord; readonly evidence: RunEvidence },
  folder: RunFolder,
  lock: TargetLock,
): RolloutRun {
  let state = foldRollout(start.record.plan, start.record.events);
  let trouble: string | undefined;
  const events: TimedRolloutEvent[] = [...start.record.events];
  const evidence: Mutable<RunEvidence> = { ...start.evidence };
  const record = (): RolloutRecord => ({ ...start.record, events });

  const refuse = (error: unknown): ToolError => {
    trouble = messageOf(error);
    return new ToolError(
      `${folder.path} cannot be written, so nothing more is done: ${trouble}`,
      { command: [folder.path], exitCode: null },
      { cause: error },
    );
  };
  const append = async (event: RolloutEvent) => {
    // Whoever lost the lock touches nothing any more; asked before every change, and not before every look.
    if (event.type === 'intended') await lock.hold();
    const at = new Date(context.clock.now()).toISOString();
    try {
      await folder.record({ type: 'rollout', event });
    } catch (error) {
      const refusal = refuse(error);
      // Users come before the journal: what goes back goes back, and the trouble is told at the end.
      if (state.phase !== 'rolling-back' && advance(state, event).state.phase !== 'rolling-back') throw refusal;
    }
    events.push({ at, ...event });
    state = advance(state, event).state;
    context.emit({ type: 'rollout', event });
  };
  const saveEvidence = () =>
    folder.writeJson('evidence.json', { ...evidence, rollout: record() }).catch((error: unknown) => {
      throw refuse(error);
    });
  return { ...context, state: () => state, record, append, evidence, saveEvidence, journalError: () => trouble };
}
