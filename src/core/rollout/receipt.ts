import type { ClauseId } from '../sop.ts';
import { advance, type RolloutState, startRollout } from './advance.ts';
import { planDown } from './migrations.ts';
import type { RolloutRecord, TimedRolloutEvent } from './record.ts';
import { stepInfo } from './step-info.ts';
import { isCourtesy, type RolloutStep } from './step.ts';

export type ReceiptStatus = 'done' | 'problem' | 'failed' | 'skipped' | 'open';

/** One step of a rollback as it was executed. */
export interface ReceiptStep {
  readonly clause: ClauseId;
  readonly title: string;
  /** `problem`: executed, and what it reports or measured is not as it should be. `open`: not executed yet. */
  readonly status: ReceiptStatus;
  /** ISO 8601; absent for a step that was not executed. */
  readonly startedAt?: string;
  readonly durationMs?: number;
  /** What was read back, or why the step failed or was not needed. */
  readonly proof: string;
  readonly problems: readonly string[];
}

/** What a rollback did, each step with its duration and its proof. */
export interface Receipt {
  /** Why it was rolled back. */
  readonly because: string;
  /** ISO 8601: when the rollback was decided or ordered. */
  readonly startedAt: string;
  /** From then to the traffic as read back, from the router or the platform; absent while it is not back. */
  readonly trafficBackMs?: number;
  readonly steps: readonly ReceiptStep[];
}

interface Executed {
  readonly startedAt: string;
  readonly endedAt: string;
  readonly event: Extract<TimedRolloutEvent, { type: 'done' | 'failed' }>;
}

/** The receipt of a rollout's last rollback; undefined for one that was not rolled back. */
export function receiptOf({ plan, events }: RolloutRecord): Receipt | undefined {
  let state: RolloutState = startRollout(plan).state;
  let began: { readonly at: string; readonly because: string; readonly steps: readonly RolloutStep[] } | undefined;
  let lastAt = '';
  // By the position of the step: a rolling update drains and stops its surge instance twice.
  const intended = new Map<number, string>();
  const executed = new Map<number, Executed>();
  for (const event of events) {
    const before = state;
    state = advance(state, event).state;
    if (before.phase !== 'rolling-back' && state.phase === 'rolling-back') {
      // A rollback that is ordered again keeps its reason; its steps are executed anew.
      began = { at: began?.at ?? event.at, because: state.because, steps: state.steps };
      executed.clear();
      intended.clear();
      lastAt = event.at;
      continue;
    }
    if (!began || !('step' in event)) continue;
    const position = positionOf(event.step, before);
    if (event.type === 'intended') {
      if (!intended.has(position)) intended.set(position, event.at);
      continue;
    }
    executed.set(position, { startedAt: intended.get(position) ?? lastAt, endedAt: event.at, event });
    lastAt = event.at;
  }
  if (!began) return undefined;
  const { at, because, steps } = began;
  const rows = steps.map((step, position) => rowOf(step, executed.get(position), state));
  const back = steps.find((step) => step.do === 'confirm');
  const traffic = back && lastTraffic(steps, executed);
  return {
    because,
    startedAt: at,
    ...(traffic === undefined ? {} : { trafficBackMs: Math.max(0, Date.parse(traffic) - Date.parse(at)) }),
    steps: [...rows, ...notNeeded(state, steps)].toSorted((a, b) => orderOf(a) - orderOf(b)),
  };
}

/** The next step, or, of a report that is tried again once the rollback is over, its own. */
function positionOf(step: RolloutStep, { steps, position, phase }: RolloutState): number {
  const { id } = stepInfo(step);
  const next = steps[position];
  if (phase === 'rolling-back' && next !== undefined && stepInfo(next).id === id) return position;
  return steps.findLastIndex((each) => stepInfo(each).id === id);
}

/** When the last step that returns traffic had succeeded. */
function lastTraffic(steps: readonly RolloutStep[], executed: ReadonlyMap<number, Executed>): string | undefined {
  const moving = steps.slice(
    0,
    steps.findIndex(({ do: what }) => what === 'confirm'),
  );
  const ends = moving.map((_, position) => executed.get(position));
  return ends.length > 0 && ends.every((each) => each?.event.type === 'done') ? ends.at(-1)?.endedAt : undefined;
}

function rowOf(step: RolloutStep, executed: Executed | undefined, { phase }: RolloutState): ReceiptStep {
  const { clause, title } = stepInfo(step);
  if (!executed) {
    const over = phase !== 'rolling-back';
    const proof = over ? 'not executed, because the traffic is not back' : 'not executed yet';
    return { clause, title, status: over ? 'skipped' : 'open', proof, problems: [] };
  }
  const { startedAt, endedAt, event } = executed;
  const durationMs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt));
  const shared = { clause, title, startedAt, durationMs };
  if (event.type === 'failed') return { ...shared, status: 'failed', proof: event.because, problems: [] };
  const { summary, problems = [] } = event;
  const status = problems.length > 0 && hasProof(step) ? 'problem' : 'done';
  return { ...shared, status, proof: summary, problems };
}

/** Without a problem it was delivered, restored, or shown that no user has the release any more. */
const hasProof = (step: RolloutStep): boolean =>
  isCourtesy(step) || step.do === 'restore-flags' || step.do === 'shift' || step.do === 'roll-back';

/** The steps of section 4.2 that this rollback did not have, each with its reason. */
function notNeeded({ plan, startedSteps }: RolloutState, steps: readonly RolloutStep[]): ReceiptStep[] {
  const { rollback = {} } = plan;
  const row = (what: RolloutStep['do'], clause: ClauseId, title: string, proof: string): ReceiptStep[] =>
    steps.some((step) => step.do === what) ? [] : [{ clause, title, status: 'skipped', proof, problems: [] }];
  return [
    ...row(
      'restore-flags',
      '4.2.2',
      'Feature flags',
      rollback.flags ? 'nothing of the release was started before the snapshot' : 'the target file names no `flags`',
    ),
    ...row('migrate-down', '4.2.3', 'Down migrations', whyNoDown(plan, startedSteps)),
    ...row('notify-incident', '4.2.4', 'Incident channel', 'the target file names no `incident.slack`'),
    ...row('open-ticket', '4.2.4', 'Retro ticket', 'the target file names no `incident.github`'),
    ...row('record-failed-deploy', '4.2.5', 'Failed deploy', 'the target file names no `sentry`'),
    ...row('prove-rollback', '4.2.1', 'Proof that the previous release serves', 'rollout.proof is 0s'),
  ];
}

function whyNoDown({ rollback }: RolloutState['plan'], startedSteps: readonly RolloutStep[]): string {
  const migrations = rollback?.migrations ?? [];
  if (migrations.length === 0) return 'the release has no migrations';
  if (!startedSteps.some((step) => step.do === 'migrate')) return 'no migration was started';
  const { stay } = planDown(migrations);
  if (stay.length === 0) return `compatible with the previous release: ${migrations.map(({ id }) => id).join(', ')}`;
  return `cannot be reverted, and may break the previous release: ${stay.map(({ id }) => id).join(', ')}`;
}

/** The traffic first, the others by clause; the proof that the old side serves comes last. */
function orderOf({ clause, title }: ReceiptStep): number {
  if (title.endsWith('serves within its objectives') || title.startsWith('Proof ')) return 9;
  return clause.startsWith('4.2.') ? Number(clause.slice(4)) : 0;
}
