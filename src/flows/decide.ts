import { ToolError, UserError } from '../core/errors.ts';
import { isFinished } from '../core/rollout/advance.ts';
import type { Decision } from '../core/rollout/decided.ts';
import { formatMs } from '../core/slo.ts';
import type { RunResult } from '../core/run-result.ts';
import { type DecisionInbox, openInbox } from '../journal/decision-inbox.ts';
import type { TargetStore } from '../journal/index.ts';
import { lockHolder } from '../journal/lock.ts';
import { latestRollout, type PastRollout } from '../journal/read-rollout.ts';
import { deploy } from './deploy.ts';
import type { Flow } from './flow.ts';
import { locateTarget } from './prepare.ts';
import { evidenceDigest } from './rollout/digest.ts';
import { nothingOpen } from './rollout/resume.ts';
import { openTargetStore } from './target-store.ts';

export interface DecideOptions extends Omit<Decision, 'id' | 'digest'> {
  readonly target?: string | undefined;
  readonly slo?: string | undefined;
  /** Of the evidence that the decision is based on; by default, the evidence of this moment. */
  readonly digest?: string | undefined;
}

export type Decided =
  /** The process that executes the rollout has journalled it. */
  | { readonly kind: 'delivered'; readonly runId: string; readonly decision: Decision }
  /** The rollout was paused, and went on with it. */
  | { readonly kind: 'ended'; readonly result: RunResult };

/** Clauses 2.B4 and 3.4b: an operator decides the open rollout. Throws UserError where the evidence contradicts it. */
export async function decide(options: DecideOptions, flow: Flow): Promise<Decided> {
  const { target, slo, digest, ...words } = options;
  const source = await locateTarget({ target }, flow);
  if (source.kind === 'url') throw new UserError('A decision needs a target file.', ['--target <name or file>']);
  if (source.kind === 'embedded') throw nothingOpen(`the ${source.name} does not run`);
  await using store = openTargetStore(source, flow);
  const past = await latestRollout(store, flow.reportsRoot);
  if (!past || isFinished(past.state))
    throw nothingOpen(past ? `the last one, ${past.runId}, ended as ${past.state.phase}` : 'this target had none');
  const decision: Decision = {
    ...words,
    id: flow.random(),
    digest: digest ?? evidenceDigest(past.record.events),
  };
  if (await isExecuted(store)) {
    const delivered = await deliver(decision, past, store, flow);
    if (delivered) return { kind: 'delivered', runId: past.runId, decision };
  }
  const deployed = await deploy({ target, slo, resume: true, decision }, flow);
  if (deployed.kind !== 'ended') throw new Error('a resumed rollout is not a plan');
  return { kind: 'ended', result: deployed.result };
}

/** Whether a process executes the target's rollout, as far as can be known here. */
async function isExecuted(store: TargetStore): Promise<boolean> {
  const holder = await lockHolder(store);
  return holder !== undefined && holder.dead === undefined;
}

const pollMs = 300;
/** A process that observes asks every second. */
const patienceMs = 30_000;

/** False where the process has ended before it journalled the decision. */
async function deliver(decision: Decision, past: PastRollout, store: TargetStore, flow: Flow): Promise<boolean> {
  const inbox = openInbox(store.runs, past.runId);
  await inbox.deliver(decision);
  const deadline = flow.clock.monotonic() + patienceMs;
  while (!flow.signal.aborted && flow.clock.monotonic() < deadline) {
    const answer = await answerTo(decision, past, store, inbox, flow);
    if (answer !== 'none') return answer === 'journalled';
    await flow.clock.sleep(pollMs, flow.signal);
  }
  throw new ToolError(
    `The process that executes ${past.runId} has not picked the decision up within ${formatMs(patienceMs)}: it observes no stage now. The decision is left for it, and for --resume.`,
    { command: [], exitCode: null },
  );
}

async function answerTo(
  { id }: Decision,
  { runId }: PastRollout,
  store: TargetStore,
  inbox: DecisionInbox,
  { reportsRoot }: Flow,
): Promise<'journalled' | 'ended' | 'none'> {
  const refusal = await inbox.readRefusal();
  if (refusal?.id === id)
    throw new UserError(`The decision is refused, and nothing was changed. ${refusal.because}`, ['npm run status']);
  if ((await inbox.read()) === undefined) {
    const now = await latestRollout(store, reportsRoot);
    if (now?.record.events.some((event) => event.type === 'decided' && event.id === id)) return 'journalled';
    if (now?.runId !== runId || isFinished(now.state)) throw nothingOpen(`${runId} has ended meanwhile`);
  }
  if (await isExecuted(store)) return 'none';
  await inbox.clear();
  return 'ended';
}
