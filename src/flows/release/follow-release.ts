import type {
  AnnouncedPhase,
  AnnouncementEvidence,
  AnnouncementFacts,
  AnnouncementState,
} from '../../core/announcement.ts';
import type { Emit, RunEvent } from '../../core/events.ts';
import { describeDecision } from '../../core/rollout/decided.ts';
import { describeStage } from '../../core/rollout/step.ts';
import type { RunResult } from '../../core/run-result.ts';
import { formatMs } from '../../core/slo.ts';
import type { Judgement, NotChecked } from '../../core/verdict.ts';
import type { Announcer } from './announcer.ts';

/** What a release is announced as, from its start to its verdict. */
export type Announced = Pick<
  AnnouncementFacts,
  'runId' | 'release' | 'previousRelease' | 'target' | 'strategy' | 'startedAt' | 'slos' | 'reportUrl' | 'hotfix'
>;

/** What an announcer needs of one run. */
export interface AnnouncedRun {
  readonly runId: string;
  readonly startedAt: string;
  readonly state: AnnouncementState | undefined;
  readonly resumed: boolean;
  readonly note: (text: string) => void;
  readonly keep: (state: AnnouncementState) => Promise<void>;
}

/** Follows the events of a release and keeps its message up to date. */
export interface Announcement extends AsyncDisposable {
  readonly follow: Emit;
  /** Announces the verdict, and what the judgements of the message itself do not know yet. Never throws. */
  readonly conclude: (result: RunResult) => Promise<AnnouncementEvidence>;
}

/** `judged`: by an earlier part of the run. `targetArgument`: what `--target` takes for the target. */
export function followRelease(
  announced: Announced,
  announcer: Announcer,
  {
    judged,
    now,
    targetArgument,
  }: { readonly judged: readonly Judgement[]; readonly now: () => string; readonly targetArgument: string },
): Announcement {
  const judgements = new Map(judged.map((judgement) => [judgement.id, judgement]));
  const notChecked = new Map<string, NotChecked>();
  const stages = new Set<string>();
  let phase: AnnouncedPhase = 'running';
  let doing: string | undefined;
  const update = () =>
    announcer.update({
      ...announced,
      at: now(),
      phase,
      ...(doing === undefined ? {} : { doing }),
      judgements: [...judgements.values()],
      notChecked: [...notChecked.values()],
    });
  const follow = (event: RunEvent) => {
    switch (event.type) {
      case 'step-started':
        doing = event.title;
        return update();
      case 'judged':
        judgements.set(event.judgement.id, event.judgement);
        return update();
      case 'not-checked':
        notChecked.set(event.check.id, event.check);
        return undefined;
      case 'rollout':
        if (beginsRollback(event.event)) phase = 'rolling-back';
        return announceStage(event.event, stages, announcer);
      default:
        return undefined;
    }
  };
  return {
    follow,
    conclude: (result) =>
      announcer.conclude({ ...announced, ...concluded(result, targetArgument), at: result.finishedAt }),
    [Symbol.asyncDispose]: announcer[Symbol.asyncDispose],
  };
}

type RolloutStepEvent = Extract<RunEvent, { type: 'rollout' }>['event'];

const beginsRollback = (event: RolloutStepEvent): boolean =>
  (event.type === 'judged' && event.word === 'NO-GO') ||
  event.type === 'aborted' ||
  (event.type === 'decided' && event.decision === 'no-go');

/** A stage once it is decided, and the watch, which has the share of the last one. */
function announceStage(event: RolloutStepEvent, stages: Set<string>, announcer: Announcer): void {
  if (event.type !== 'judged' || event.word === 'HOLD') return;
  const name = `stage-${event.stage.share}${event.stage.stepBack === undefined ? '' : `-${event.stage.stepBack}`}`;
  const isWatch = stages.has(name);
  const id = isWatch ? 'watch' : name;
  if (stages.has(id)) return;
  stages.add(id);
  const where = isWatch ? 'after the watch' : `at ${describeStage(event.stage)}`;
  announcer.stage({ id, title: `${event.word} ${where}`, lines: [event.because] });
}

const phases: Readonly<Record<NonNullable<RunResult['rollout']>['phase'], AnnouncedPhase>> = {
  planned: 'paused',
  progressing: 'paused',
  promoted: 'released',
  'rolling-back': 'rolling-back',
  'rolled-back': 'rolled-back',
  'rollback-failed': 'rollback-failed',
};

function concluded(
  { verdict, judgements, notChecked, rollout }: RunResult,
  target: string,
): Pick<AnnouncementFacts, 'phase' | 'strategy' | 'judgements' | 'notChecked' | 'receipt' | 'decisions' | 'next'> &
  Required<Pick<AnnouncementFacts, 'verdict'>> {
  const { receipt, decisions = [] } = rollout ?? {};
  const next = nextOf(verdict.word, rollout?.phase, target);
  return {
    phase: rollout ? phases[rollout.phase] : verdict.word === 'NO-GO' ? 'refused' : 'paused',
    verdict,
    judgements,
    notChecked,
    // Not known before the plan of the rollout.
    ...(rollout ? { strategy: rollout.strategy } : {}),
    ...(receipt ? { receipt } : {}),
    decisions: decisions.map((decision) => describeDecision(decision, formatMs)),
    ...(next === undefined ? {} : { next }),
  };
}

function nextOf(
  word: RunResult['verdict']['word'],
  phase: NonNullable<RunResult['rollout']>['phase'] | undefined,
  target: string,
): string | undefined {
  // It is typed elsewhere, where another target may be the default.
  const command = `npm run release -- --target ${target}`;
  if (phase === 'rollback-failed') return `${command} --abort, once what it names is repaired`;
  return word === 'HOLD' ? `${command} --resume` : undefined;
}
