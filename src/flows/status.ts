import { findTarget } from '../config/target.ts';
import { chooseEnvironment, driversOf } from '../config/target-file.ts';
import { messageOf, UserError } from '../core/errors.ts';
import { isFinished } from '../core/rollout/advance.ts';
import { stepInfo } from '../core/rollout/step.ts';
import type { Status } from '../core/status.ts';
import type { Colour } from '../core/target.ts';
import { lockHolder } from '../journal/lock.ts';
import { latestRollout, type PastRollout, targetKeyOf } from '../journal/read-rollout.ts';
import { openDrivers } from './choose-target.ts';
import type { Flow } from './flow.ts';
import { findRunning } from './open-target.ts';

/** Asks the router, the runtime, the lock and the journal; changes nothing. Throws UserError where nothing runs. */
export async function status(options: { readonly target?: string | undefined }, flow: Flow): Promise<Status> {
  const { variables, cwd } = flow.environment;
  const found = await findTarget({ target: options.target }, { projectRoot: flow.projectRoot, cwd, variables });
  if (found.kind === 'url') throw new UserError('status needs a target file.');
  const known = found.kind === 'deployed' ? found : await findRunning(found, flow);
  if (!known) {
    const name = found.kind === 'embedded' ? found.name : '';
    throw new UserError(`The ${name} does not run, so nothing is live.`, [
      'npm run sandbox',
      'npm run deploy   starts it, ships a release and stops it again',
    ]);
  }
  const { file, deployment } = known;
  const drivers = openDrivers(file, deployment, flow);
  const targetKey = targetKeyOf(deployment.name, driversOf(file, deployment).router);
  const problems: string[] = [];
  const orProblem = <T>(asked: Promise<T>): Promise<T | undefined> =>
    asked.catch((error: unknown) => (problems.push(messageOf(error)), undefined));
  const [pool, places, past, holder] = await Promise.all([
    orProblem(drivers.router.read()),
    orProblem(drivers.runtime.read()),
    latestRollout(flow.reportsRoot, targetKey),
    lockHolder(flow.reportsRoot, targetKey, flow.clock.now()),
  ]);
  const shares = pool?.shares;
  const live = shares && (shares.blue === 100 ? 'blue' : shares.green === 100 ? 'green' : undefined);
  const colour = (name: Colour) => {
    const own = (places ?? []).filter((place) => place.colour === name && (!place.surge || place.running));
    const running = own.filter((place) => place.running);
    return {
      ...(shares ? { share: shares[name] } : {}),
      releases: [...new Set(running.map(({ release }) => release ?? 'unknown'))],
      running: running.length,
      places: own.length,
      api: chooseEnvironment(file, deployment, name).environment.api,
    };
  };
  return {
    target: deployment.name,
    ...(shares ? { shares } : {}),
    ...(live ? { live } : {}),
    colours: { blue: colour('blue'), green: colour('green') },
    ...(past ? { lastRun: describeRun(past) } : {}),
    ...(holder
      ? {
          lock: {
            owner: holder.owner.owner,
            host: holder.owner.host,
            pid: holder.owner.pid,
            reason: holder.owner.reason,
            since: new Date(holder.owner.since).toISOString(),
            ...(holder.dead === undefined ? {} : { dead: holder.dead }),
          },
        }
      : {}),
    problems,
    next: nextCommands(past, holder !== undefined && holder.dead === undefined),
  };
}

function describeRun({ runId, state, record, startedAt, lastAt }: PastRollout): NonNullable<Status['lastRun']> {
  const { plan, phase, because } = state;
  const next = isFinished(state) ? undefined : state.steps[state.position];
  const warmUntil =
    phase === 'promoted' && record.plan.strategy === 'blue-green'
      ? new Date(Date.parse(lastAt) + plan.settings.keepWarmMs).toISOString()
      : undefined;
  return {
    runId,
    release: plan.release,
    strategy: plan.strategy,
    phase,
    open: !isFinished(state),
    because,
    startedAt,
    lastAt,
    ...(next ? { next: stepInfo(next).title } : {}),
    ...(warmUntil === undefined ? {} : { warmUntil }),
    report: `reports/${runId}/report.html`,
  };
}

function nextCommands(past: PastRollout | undefined, atWork: boolean): string[] {
  if (atWork)
    return ['npm run status                 again, in a moment', 'npm run deploy -- … --wait 10m  to wait for it'];
  if (past && !isFinished(past.state))
    return ['npm run deploy -- --resume   to go on with it', 'npm run deploy -- --abort    to take it back'];
  if (past?.state.phase === 'rollback-failed')
    return [
      'npm run deploy -- --abort    to try again to take it back, once the router answers',
      'npm run deploy -- … --accept-weights   once you have brought all traffic on one healthy colour yourself',
    ];
  return ['npm run deploy -- --release …', 'npm run verify -- --env idle'];
}
