import type { RunResult } from '../core/run-result.ts';
import { latestRollout } from '../journal/read-rollout.ts';
import type { Flow } from './flow.ts';
import { readSettings } from './prepare.ts';
import { beginUndo, planUndo, selectUndo } from './rollout/undo.ts';
import { lockTarget } from './rollout/lock-target.ts';
import { nothingOpen, resumeRollout } from './rollout/resume.ts';
import type { RollbackOptions } from './rollout/rollback-options.ts';
import { openSession, type RolloutSession } from './rollout/session.ts';
import { renderUndoPlan } from '../report/index.ts';
import { learnDeployment } from './deployment-secrets.ts';
import { openRunSecrets, throwMasked } from './run-secrets.ts';
import { openTargetStore } from './target-store.ts';
import { UserError } from '../core/errors.ts';

export type RolledBack =
  | { readonly kind: 'planned'; readonly lines: readonly string[] }
  | { readonly kind: 'ended'; readonly result: RunResult };

/** Clauses 4.2.1 to 4.2.5: undoes a release, in the middle of its rollout or after it. */
export async function rollback(options: RollbackOptions, flow: Flow): Promise<RolledBack> {
  const settings = await readSettings({ target: options.target, release: options.release }, flow);
  const { source } = settings;
  if (source.kind === 'url') throw new UserError('A rollback needs a target file.', ['--target <name or file>']);
  if (source.kind === 'embedded') throw nothingOpen(`the ${source.name} does not run`);
  await using secrets = await openRunSecrets(source);
  await using store = openTargetStore(source, flow);
  const reason = `rollback ${options.release ?? '--resume'}`;
  await using lock = await lockTarget(store, { waitMs: options.waitMs, lockReason: reason }, flow);
  learnDeployment(secrets, source.deployment, flow.environment.variables);
  const session = openSession(
    source,
    { settings, store, lock, secrets, early: undefined, attestation: undefined },
    flow,
  );
  return await dispatchRollback(options, session, flow).catch((error: unknown) => throwMasked(error, secrets.mask));
}

/** Continues the open rollout as its rollback, or rolls back in a run of its own what an earlier run has shipped. */
export async function dispatchRollback(
  options: RollbackOptions,
  session: RolloutSession,
  flow: Flow,
): Promise<RolledBack> {
  const past = await latestRollout(session.store, flow.reportsRoot);
  const selected = selectUndo(past, options);
  if (selected.kind === 'continue') {
    const { resume } = selected;
    if (options.dryRun)
      return { kind: 'planned', lines: renderUndoPlan(selected.past.state.plan, selected.past.state.startedSteps) };
    const orders = resume ? { resume: true } : { abort: true, abortReason: options.reason };
    return { kind: 'ended', result: await resumeRollout(selected.past, orders, session, flow) };
  }
  const plan = await planUndo(selected.past, options, session, flow);
  if (options.dryRun) return { kind: 'planned', lines: renderUndoPlan(plan, plan.steps) };
  return { kind: 'ended', result: await beginUndo(plan, options.reason ?? '', session, flow) };
}
