import { UserError } from '../../core/errors.ts';
import { isFinished } from '../../core/rollout/advance.ts';
import type { Counts } from '../../core/rollout/observation.ts';
import type { RolloutRecord } from '../../core/rollout/record.ts';
import type { Slo } from '../../core/slo.ts';
import type { Emit } from '../../core/events.ts';
import type { RunResult } from '../../core/run-result.ts';
import { readEvidence } from '../../journal/read-run.ts';
import type { PastRollout } from '../../journal/read-rollout.ts';
import type { Announcement } from '../release/follow-release.ts';
import { openAnnouncement } from '../release/open-announcement.ts';
import { emitInto } from '../run-events.ts';
import type { Flow } from '../flow.ts';
import { editsSince } from '../target-store.ts';
import { requireDecision } from './decisions.ts';
import { emptyEvidence } from './begin.ts';
import { emitTakeover, executeRollout } from './execute.ts';
import type { DeployOptions } from './options.ts';
import type { RolloutSession } from './session.ts';

/** The rollout that this command resumes or aborts; undefined where it starts a new one. Throws UserError otherwise. */
export function selectRollout(
  past: PastRollout | undefined,
  { resume, abort, acceptWeights }: DeployOptions,
): PastRollout | undefined {
  const open = past && !isFinished(past.state) ? past : undefined;
  if (resume || abort) {
    if (open) return open;
    if (past?.state.phase === 'rollback-failed' && abort) return past;
    // Killed between its last step and its report: only the report is missing.
    if (past && !past.concluded && resume) return past;
    // It has all traffic, and what follows the watch of a whole release is not confirmed.
    if (past && past.word === 'HOLD' && past.state.phase === 'promoted' && isRelease(past) && resume) return past;
    throw nothingOpen(past ? `the last one, ${past.runId}, ended as ${past.state.phase}` : 'this target had none');
  }
  if (past?.state.phase === 'rollback-failed' && !acceptWeights) {
    // The live release may be the one that was to be rolled back.
    throw new UserError(`The rollback of ${past.record.plan.release} in ${past.runId} failed and is not completed.`, [
      'npm run deploy -- --abort                 to try the rollback again',
      'npm run deploy -- … --accept-weights      to keep what has traffic now',
    ]);
  }
  if (!open) return undefined;
  const verb = isRelease(open) ? 'release' : 'deploy';
  throw new UserError(`The rollout ${open.runId} of ${open.record.plan.release} is open.`, [
    `npm run ${verb} -- --resume   to continue it`,
    `npm run ${verb} -- --abort    to roll it back`,
  ]);
}

const isRelease = ({ record: { plan } }: PastRollout): boolean => plan.verb === 'release';

export const nothingOpen = (why: string): UserError =>
  new UserError(`No rollout of this target is open: ${why}.`, ['npm run status', 'npm run deploy -- --release …']);

/** Counts that were kept for another limit under the same name are no counts of the objective that is named now. */
function withCountsFor(slos: readonly Slo[], kept: readonly Slo[], record: RolloutRecord): RolloutRecord {
  const limitOf = (of: readonly Slo[], id: string) => JSON.stringify(of.find((slo) => slo.id === id)?.event);
  const valid = ([id]: readonly [string, unknown]) => limitOf(slos, id) === limitOf(kept, id);
  const filter = (counts: Counts): Counts => Object.fromEntries(Object.entries(counts).filter(valid));
  const events = record.events.map((event) =>
    event.type === 'observed'
      ? {
          ...event,
          observation: {
            ...event.observation,
            canary: filter(event.observation.canary),
            baseline: filter(event.observation.baseline),
          },
        }
      : event,
  );
  return { ...record, events };
}

/** Continues an open rollout from its journal, or rolls it back. */
export async function resumeRollout(
  open: PastRollout,
  options: DeployOptions,
  session: RolloutSession,
  flow: Flow,
): Promise<RunResult> {
  await using folder = await session.openFolder(open.runId);
  const { decision } = options;
  if (decision) {
    const evidence = await readEvidence(folder.path);
    requireDecision(decision, open.record, evidence?.plan.slos ?? session.contextFor('', flow.listen).slos, evidence);
  }
  const record = emitInto(folder, flow);
  const { plan } = open.record;
  const gathered = await readEvidence(folder.path);
  await using announcement = await announcementOf(open, { folder, session, emit: record, earlier: gathered });
  const emit: Emit = (event) => {
    record(event);
    announcement?.follow(event);
  };
  const context = session.contextFor(folder.path, emit);
  const environment = plan.strategy === 'blue-green' && !plan.undoes ? plan.idle : plan.live;
  emit({
    type: 'run-started',
    runId: open.runId,
    verb: open.record.plan.verb ?? 'deploy',
    target: session.deployment.name,
    environment,
  });
  emitTakeover(session.lock, emit);
  for (const text of editsSince(open, session.driverSettings)) emit({ type: 'note', text });
  const evidence = gathered ?? emptyEvidence(open.runId, open.record.plan, context);
  // Judged to its end by the objectives that it started with, unless others are named now.
  const slos = options.slo === undefined ? evidence.plan.slos : context.slos;
  const counted = withCountsFor(slos, evidence.plan.slos, open.record);
  const start = { record: counted, evidence: { ...evidence, plan: { ...evidence.plan, slos } } };
  return await executeRollout(start, { context: { ...context, slos }, folder, session, announcement }, flow, {
    unobservedMs: Math.max(0, flow.clock.now() - Date.parse(open.lastAt)),
    abort: options.abort === true,
    because: options.abortReason,
    decision,
    restoreTraffic: options.acceptWeights === true,
  });
}

/** Of a whole release. */
async function announcementOf(
  { record: { plan }, startedAt }: PastRollout,
  parts: Parameters<typeof openAnnouncement>[1],
): Promise<Announcement | undefined> {
  if (plan.verb !== 'release') return undefined;
  const { release, previousRelease, strategy } = plan;
  const previous = previousRelease === undefined ? {} : { previousRelease };
  return openAnnouncement({ release, strategy, startedAt, ...previous }, parts);
}
