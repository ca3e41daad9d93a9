import { UserError } from '../../core/errors.ts';
import { atStage, judgeRecord, withSettings } from '../../core/judge/rollout.ts';
import { decide } from '../../core/judge/stage.ts';
import { foldRollout, type RolloutEvent } from '../../core/rollout/advance.ts';
import type { Decision } from '../../core/rollout/decided.ts';
import { currentStage, type Moment, refuseDecision } from '../../core/rollout/decision.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { RunEvidence } from '../../core/run-result.ts';
import { judgedSettings } from '../../core/rollout/watch.ts';
import type { Slo } from '../../core/slo.ts';
import type { DecisionInbox } from '../../journal/decision-inbox.ts';
import { eventsUntil } from './digest.ts';
import { refuseGoOnCrashes } from './sessions.ts';
import type { RolloutRun } from './run.ts';

/** How often a process that executes a rollout asks for a decision. */
const everyMs = 1000;

/** The decision that waits for this process, read at most once a second. A store out of reach has none. */
export function decisionsOf(inbox: DecisionInbox, monotonic: () => number): Pick<RolloutRun, 'inbox' | 'nextDecision'> {
  let askedMs = Number.NEGATIVE_INFINITY;
  return {
    inbox,
    nextDecision: async () => {
      if (monotonic() - askedMs < everyMs) return undefined;
      askedMs = monotonic();
      return inbox.read().catch(() => undefined);
    },
  };
}

/** Journals a decision that waits. True where the rollout has left its step because of it. */
export async function pickUpDecision(run: RolloutRun): Promise<boolean> {
  const decision = await run.nextDecision();
  if (!decision) return false;
  const isKnown = run.record().events.some((event) => event.type === 'decided' && event.id === decision.id);
  const refusal = isKnown ? undefined : refusalOf(decision, run.record(), run.slos, run.evidence);
  if (refusal !== undefined) {
    run.emit({ type: 'note', text: `decision of ${decision.by} refused: ${refusal}` });
    await run.inbox.refuse({ id: decision.id, because: refusal }).catch(() => undefined);
    return false;
  }
  if (!isKnown) await appendDecision(decision, run);
  await run.inbox.clear().catch(() => undefined);
  return !isKnown && decision.decision !== 'extend';
}

export function appendDecision(decision: Decision, run: RolloutRun): Promise<void> {
  const stage = currentStage(run.state());
  return run.append({ type: 'decided', ...(stage ? { stage } : {}), ...decision });
}

/** Throws UserError where the decision does not hold against the evidence of the record. */
export function requireDecision(
  decision: Decision,
  record: RolloutRecord,
  slos: readonly Slo[],
  evidence: RunEvidence | undefined,
): void {
  const refusal = refusalOf(decision, record, slos, evidence);
  if (refusal !== undefined)
    throw new UserError(`The decision is refused, and nothing was changed. ${refusal}`, ['npm run status']);
}

function refusalOf(
  decision: Decision,
  record: RolloutRecord,
  slos: readonly Slo[],
  evidence: RunEvidence | undefined,
): string | undefined {
  const seen = eventsUntil(decision.digest, record.events);
  if (!seen) return `${decision.digest} is not the digest of evidence of this rollout.`;
  const crashes = evidence && decision.decision === 'go' ? refuseGoOnCrashes(evidence) : undefined;
  if (crashes !== undefined) return crashes;
  return refuseDecision(decision, {
    seen: momentOf(record, seen, slos),
    now: momentOf(record, record.events, slos),
  });
}

/** The rollout after these events, and the verdict on its stage by them. */
export function momentOf({ plan }: RolloutRecord, events: readonly RolloutEvent[], slos: readonly Slo[]): Moment {
  const state = foldRollout(plan, events);
  const stage = currentStage(state);
  if (!stage) return { state };
  const judge = atStage(judgeRecord({ plan, events }, slos), stage);
  return { state, verdict: decide(withSettings(judge, judgedSettings(state))) };
}
