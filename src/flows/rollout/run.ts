import { judgeEvent, judgeRecord } from '../../core/judge/rollout.ts';
import type { JudgeState } from '../../core/judge/judge-state.ts';
import { advance, foldRollout, type RolloutEvent, type RolloutState } from '../../core/rollout/advance.ts';
import type { RolloutRecord, TimedRolloutEvent } from '../../core/rollout/record.ts';
import type { Emit } from '../../core/events.ts';
import { messageOf, ToolError } from '../../core/errors.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import type { Pool } from '../../core/pool.ts';
import type { Slo } from '../../core/slo.ts';
import type { EnvironmentName, Target } from '../../core/target.ts';
import type { FoundTools } from '../../config/tools.ts';
import type { TargetLock } from '../../journal/lock.ts';
import type { Decision } from '../../core/rollout/decided.ts';
import type { DecisionInbox } from '../../journal/decision-inbox.ts';
import type { RunFolder } from '../../journal/run-folder.ts';
import type { RunnerContext } from '../../runners/runner.ts';
import type { Clock } from '../../system/clock.ts';
import type { Courtesies } from '../courtesies.ts';
import type { Drivers } from '../drivers.ts';
import type { SessionsEvidence } from '../../core/evidence.ts';
import type { SessionsQuery } from '../../sources/sentry.ts';
import type { LoadProfiles } from '../../core/load-plan.ts';
import type { ReleaseServices } from '../release/release-services.ts';
import type { Instruments } from './instruments.ts';

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** What the steps of a rollout share. */
export interface RolloutContext {
  readonly drivers: Drivers;
  readonly courtesies?: Courtesies;
  /** The settings of router and runtime by their path in the target file, masked. */
  readonly driverSettings?: Readonly<Record<string, string>>;
  /** The value of `--target` in a command to type; absent: the name of the target. */
  readonly targetArgument?: string;
  readonly instruments: Instruments;
  /** The target, addressed by one of its environments. */
  readonly targetOf: (environment: EnvironmentName) => Target;
  /** Whether the router sends a user back to the server that answered him before. */
  readonly stickyUsers: boolean;
  readonly slos: readonly Slo[];
  /** Clause 3.2b; absent where the target file names no error tracker. */
  readonly crashFree?: {
    readonly slo: Slo;
    readonly read: (query: SessionsQuery) => Promise<SessionsEvidence>;
  };
  /** Section 3.3, of a whole release. */
  readonly services: ReleaseServices;
  readonly profiles: LoadProfiles;
  readonly tools: FoundTools;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly emit: Emit;
  readonly runner: RunnerContext;
  readonly sessionsFile: string;
  /** Environment variables, for the tokens that the target file names. */
  readonly variables: Readonly<Record<string, string | undefined>>;
  readonly learnSecrets: () => Promise<void>;
}

/** A rollout in progress: its journal, its state and its evidence. */
export interface RolloutRun extends RolloutContext {
  readonly state: () => RolloutState;
  readonly record: () => RolloutRecord;
  /** The fold of everything that was observed. */
  readonly judge: () => JudgeState;
  /** Writes an event to the journal and advances the state. Throws ToolError where it could not be written. */
  readonly append: (event: RolloutEvent) => Promise<void>;
  readonly evidence: Mutable<RunEvidence>;
  /** Writes the evidence; called before the journal refers to it. Throws ToolError where it could not be written. */
  readonly saveEvidence: () => Promise<void>;
  /** The router's counters when this command started the rollout; undefined in one that resumes it. */
  readonly poolAtStart: () => Pool | undefined;
  /** Until when the traffic is observed, or did not need to be: the last observation, shift, join or replacement. Monotonic ms. */
  readonly observedUntilMs: () => number;
  /** What ends by itself and is awaited at the end of the rollout; it must not reject. */
  readonly inBackground: (work: Promise<void>) => void;
  readonly background: () => Promise<unknown>;
  /** Where a decision arrives from another process, and the one that waits there. */
  readonly inbox: DecisionInbox;
  readonly nextDecision: () => Promise<Decision | undefined>;
  /** Why the journal could not be written during a rollback, which goes on all the same. */
  readonly journalError: () => string | undefined;
}

interface RunParts {
  readonly folder: RunFolder;
  readonly lock: TargetLock;
  readonly poolAtStart: Pool | undefined;
  readonly decisions: Pick<RolloutRun, 'inbox' | 'nextDecision'>;
}

export function startRolloutRun(
  context: RolloutContext,
  start: { readonly record: RolloutRecord; readonly evidence: RunEvidence },
  { folder, lock, poolAtStart, decisions }: RunParts,
): RolloutRun {
  let state = foldRollout(start.record.plan, start.record.events);
  let judge = judgeRecord(start.record, context.slos);
  let journalError: string | undefined;
  let observedUntilMs = context.clock.monotonic();
  const background: Promise<void>[] = [];
  const events: TimedRolloutEvent[] = [...start.record.events];
  const evidence: Mutable<RunEvidence> = { ...start.evidence };
  const record = (): RolloutRecord => ({ ...start.record, events });

  const unwritable = (error: unknown): ToolError => {
    journalError = messageOf(error);
    return new ToolError(
      `${folder.path} cannot be written, so the rollout stops here: ${journalError}`,
      { command: [folder.path], exitCode: null },
      { cause: error },
    );
  };
  const append = async (event: RolloutEvent) => {
    // A command that has lost the lock must not change the target; checked before every change.
    if (event.type === 'intended') await lock.hold();
    const at = new Date(context.clock.now()).toISOString();
    try {
      await folder.record(event.type === 'sampled' ? event : { type: 'rollout', event });
    } catch (error) {
      const refusal = unwritable(error);
      // Users come before the journal: a rollback goes on, and the report names what is missing.
      if (state.phase !== 'rolling-back' && advance(state, event).state.phase !== 'rolling-back') throw refusal;
    }
    events.push({ at, ...event });
    state = advance(state, event).state;
    judge = judgeEvent(judge, event);
    if (isObserved(event)) observedUntilMs = context.clock.monotonic();
    context.emit(event.type === 'sampled' ? event : { type: 'rollout', event });
  };
  const saveEvidence = () =>
    folder.writeJson('evidence.json', { ...evidence, rollout: record() }).catch((error: unknown) => {
      throw unwritable(error);
    });
  return {
    ...context,
    state: () => state,
    record,
    judge: () => judge,
    append,
    evidence,
    saveEvidence,
    ...decisions,
    poolAtStart: () => poolAtStart,
    observedUntilMs: () => observedUntilMs,
    inBackground: (work) => void background.push(work),
    background: () => Promise.all(background),
    journalError: () => journalError,
  };
}

const isObserved = (event: RolloutEvent): boolean =>
  event.type === 'observed' || (event.type === 'done' && ['shift', 'join', 'replace', 'roll'].includes(event.step.do));
