import type { Judgement, JudgementStatus } from '../verdict.ts';
import type { StageVerdict } from '../judge/stage.ts';
import { formatMs } from '../slo.ts';
import type { RolloutDecision } from '../run-result.ts';
import { foldRollout, isFinished, type RolloutState } from './advance.ts';
import type { Decision } from './decided.ts';
import { observedMs } from './observation.ts';
import { stepInfo } from './step-info.ts';
import { sameStage, type Stage } from './step.ts';
import type { RolloutRecord } from './record.ts';
import { isWatching, judgedSettings } from './watch.ts';

/** The stage that the next step belongs to; undefined where it belongs to none. */
export function currentStage({ steps, position }: Pick<RolloutState, 'steps' | 'position'>): Stage | undefined {
  const next = steps[position];
  return next && 'stage' in next ? next.stage : undefined;
}

/** A rollout at one moment, and the verdict on its current stage by the evidence of that moment. */
export interface Moment {
  readonly state: RolloutState;
  readonly verdict?: StageVerdict | undefined;
}

/** Why a decision is refused, given the evidence that it is based on and the evidence of now; undefined where it holds. */
export function refuseDecision(
  { decision }: Pick<Decision, 'decision'>,
  { seen, now }: { readonly seen: Moment; readonly now: Moment },
): string | undefined {
  const { state, verdict } = now;
  if (isFinished(state)) return `The rollout has ended as ${state.phase}.`;
  if (state.phase === 'rolling-back') return `The rollout is being rolled back: ${state.because}`;
  if (decision === 'no-go') return undefined;
  const stage = currentStage(state);
  const next = state.steps[state.position];
  if (!stage || !verdict || next?.do === 'compare')
    return `Only a stage and the watch can be decided, and the next step is "${next ? stepInfo(next).title : 'none'}".`;
  if (verdict.word === 'NO-GO') return `The evidence says NO-GO: ${verdict.because}`;
  return decision === 'extend' ? undefined : refuseGo(stage, seen, now);
}

function refuseGo(stage: Stage, seen: Moment, { state, verdict }: Moment): string | undefined {
  const earlier = currentStage(seen.state);
  if (!earlier || !sameStage(earlier, stage))
    return `It is based on evidence of ${earlier ? `the stage of ${earlier.share} %` : 'no stage'}, and the rollout is at ${stage.share} %.`;
  const [worse] = worsened(seen.verdict?.judgements ?? [], verdict?.judgements ?? []);
  if (worse !== undefined) return `Newer evidence contradicts it: ${worse}`;
  const { dwellMs } = judgedSettings(state);
  const observed = observedMs(state.observations);
  if (state.paused || state.watchHeld || observed >= dwellMs) return undefined;
  return `Nothing is on HOLD: ${formatMs(observed)} of ${formatMs(dwellMs)} observed.`;
}

/** The operators' decisions of a rollout, in their order. */
export const decisionsIn = ({ events }: RolloutRecord): RolloutDecision[] =>
  events.flatMap((event) => {
    if (event.type !== 'decided') return [];
    const { type: _, stage, ...decision } = event;
    return [{ ...decision, ...(stage ? { share: stage.share } : {}) }];
  });

/** The GO of an operator that covers what is open: of its stage, or, at the end of the watch, everything. */
export function decidedGo(record: RolloutRecord, open: readonly string[]): RolloutDecision | undefined {
  const last = record.events.findLastIndex((event) => event.type === 'decided' && event.decision === 'go');
  const goes = decisionsIn(record).filter(({ decision }) => decision === 'go');
  const before = foldRollout(record.plan, record.events.slice(0, Math.max(0, last)));
  const coversAll = last >= 0 && isWatching(before);
  const isCovered = (id: string) => goes.some(({ share }) => share !== undefined && id.startsWith(`stage-${share}.`));
  return coversAll || (goes.length > 0 && open.every(isCovered)) ? goes.at(-1) : undefined;
}

const rank: Record<JudgementStatus, number> = { pass: 0, accepted: 0, inconclusive: 1, error: 1, fail: 2 };

/** What has become worse since, one sentence each. */
function worsened(before: readonly Judgement[], now: readonly Judgement[]): string[] {
  return now.flatMap(({ id, title, status, because }) => {
    const was = before.find((each) => each.id === id)?.status;
    return was !== undefined && rank[status] > rank[was] ? [`${title} was ${was} and is ${status}: ${because}`] : [];
  });
}
