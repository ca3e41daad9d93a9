import { isAbsolute, join, relative } from 'node:path';
import { chooseEnvironment } from '../config/target-file.ts';
import { messageOf, UserError } from '../core/errors.ts';
import { isFinished } from '../core/rollout/advance.ts';
import { describeLine } from '../core/rollout/decision-line.ts';
import { currentStage, decisionsIn } from '../core/rollout/decision.ts';
import { observedMs } from '../core/rollout/observation.ts';
import { stepInfo } from '../core/rollout/step-info.ts';
import { stageMs } from '../core/rollout/view.ts';
import { isWatching, watchEndMs } from '../core/rollout/watch.ts';
import { createMask, maskValue } from '../core/redact.ts';
import type { ColourStatus, Status } from '../core/status.ts';
import type { PlatformReading } from '../core/platform.ts';
import type { Colour, EnvironmentName } from '../core/target.ts';
import { lockHolder } from '../journal/lock.ts';
import { slosIn } from '../journal/run-schemas.ts';
import type { TargetStore } from '../journal/index.ts';
import { waitingRelease } from '../journal/waiting-release.ts';
import { latestRollout, type PastRollout } from '../journal/read-rollout.ts';
import { createDrivers } from './drivers.ts';
import { driverSettings, editsSince, openTargetStore, targetArgument } from './target-store.ts';
import type { Flow } from './flow.ts';
import { nextCommands } from './next-commands.ts';
import { momentOf } from './rollout/decisions.ts';
import { evidenceDigest } from './rollout/digest.ts';
import { locateTarget } from './prepare.ts';
import type { Place } from '../runtimes/index.ts';

/** Reads the router and the runtime, or the platform, the lock and the journal; changes nothing. Throws UserError where nothing runs. */
export async function status(options: { readonly target?: string | undefined }, flow: Flow): Promise<Status> {
  const source = await locateTarget({ target: options.target }, flow);
  if (source.kind === 'url') throw new UserError('status needs a target file.');
  if (source.kind === 'embedded') {
    throw new UserError(`The ${source.name} does not run, so nothing is live.`, [
      ...source.embedded.hints.start,
      'npm run deploy   starts it, ships a release and stops it again',
    ]);
  }
  const { file, deployment } = source;
  const drivers = createDrivers(file, deployment, flow);
  const target = targetArgument(file, flow.projectRoot);
  const mask = createMask(() => deployment.secrets);
  await using store = openTargetStore(source, flow);
  const problems: string[] = [];
  const orProblem = <T>(reading: Promise<T>): Promise<T | undefined> =>
    reading.catch((error: unknown) => (problems.push(messageOf(error)), undefined));
  const { platform } = drivers;
  const [pool, places = [], reading, past, waiting, holder] = await Promise.all([
    platform ? undefined : orProblem(drivers.router.read()),
    platform ? undefined : orProblem(drivers.runtime.read()),
    platform && orProblem(platform.read()),
    latestRollout(store, flow.reportsRoot),
    waitingRelease(store),
    lockHolder(store),
  ]);
  const shares = pool?.shares;
  const live = shares && (shares.blue === 100 ? 'blue' : shares.green === 100 ? 'green' : undefined);
  const apiOf = (name: EnvironmentName) => chooseEnvironment(file, deployment, name).environment.api;
  const colourStatus = (colour: Colour) => ({
    ...(shares ? { share: shares[colour] } : {}),
    ...describeInstances(places.filter((place) => place.colour === colour)),
    api: apiOf(colour),
  });
  // One set of instances, replaced by a rolling update, needs no second colour.
  const named = (['blue', 'green'] as const).filter((colour) => deployment.environments[colour]);
  const isRead = (shares ?? reading) !== undefined;
  const what = platform ? 'platform' : 'router';
  const unread = isRead ? [] : [`what is live is read from the ${what} that the target file names: npm run doctor`];
  const isOpen = past !== undefined && !isFinished(past.state);
  const edits = past && (!isRead || isOpen) ? editsSince(past, maskValue(driverSettings(source), mask)) : [];
  const result: Status = {
    target: deployment.name,
    ...(shares ? { shares } : {}),
    ...(live ? { live } : {}),
    ...(platform ? {} : { colours: Object.fromEntries(named.map((colour) => [colour, colourStatus(colour)])) }),
    ...(reading ? { platform: { ...shortened(reading), api: apiOf('public') } } : {}),
    ...(past ? { lastRun: { ...describeRun(past, flow), ...(await stageOf(past, store)) } } : {}),
    ...(waiting ? { waiting: { ...waiting, report: reportPath(waiting.runId, flow) } } : {}),
    ...(holder ? { lock: describeLock(holder) } : {}),
    problems: [...problems, ...unread, ...edits],
    next: nextCommands(past, {
      locked: holder !== undefined && holder.dead === undefined,
      hasIdle: platform === undefined,
      isWaiting: waiting !== undefined,
    }).map((command) => withTarget(command, options.target === undefined ? undefined : target)),
  };
  return maskValue(result, mask);
}

const shownDeployments = 5;
const shortened = ({ deployments, ...rest }: PlatformReading): PlatformReading => ({
  ...rest,
  deployments: deployments.slice(0, shownDeployments),
});

function describeInstances(places: readonly Place[]): Pick<ColourStatus, 'releases' | 'running' | 'places'> {
  const own = places.filter(({ surge, running, terminating }) => (!surge || running) && !terminating);
  const running = own.filter((place) => place.running);
  return {
    releases: [...new Set(running.map(({ release }) => release ?? 'unknown'))],
    running: running.length,
    places: own.length,
  };
}

const describeLock = ({
  owner: { owner, host, pid, reason, since },
  dead,
}: NonNullable<Awaited<ReturnType<typeof lockHolder>>>): NonNullable<Status['lock']> => ({
  owner,
  host,
  pid,
  reason,
  since: new Date(since).toISOString(),
  ...(dead === undefined ? {} : { dead }),
});

function describeRun(
  { runId, state, record, startedAt, lastAt, word }: PastRollout,
  flow: Pick<Flow, 'reportsRoot' | 'projectRoot'>,
): NonNullable<Status['lastRun']> {
  const { plan, phase, because } = state;
  const next = isFinished(state) ? undefined : state.steps[state.position];
  const warmUntil =
    phase === 'promoted' && record.plan.strategy === 'blue-green'
      ? new Date(Date.parse(lastAt) + plan.settings.keepWarmMs).toISOString()
      : undefined;
  const decisions = decisionsIn(record);
  return {
    runId,
    ...(decisions.length > 0 ? { decisions } : {}),
    release: plan.release,
    strategy: plan.strategy,
    phase,
    open: !isFinished(state),
    ...(word === undefined || !isFinished(state) ? {} : { verdict: word }),
    because,
    ...decidedBy(state, record),
    startedAt,
    lastAt,
    ...(next ? { next: stepInfo(next).title } : {}),
    ...(warmUntil === undefined ? {} : { warmUntil }),
    report: reportPath(runId, flow),
  };
}

/** Relative where the runs are kept inside of the project, as they are unless SHIPROOM_REPORTS is set. */
export function reportPath(
  runId: string,
  { reportsRoot, projectRoot }: Pick<Flow, 'reportsRoot' | 'projectRoot'>,
): string {
  const path = join(reportsRoot, runId, 'report.html');
  const inside = relative(projectRoot, path);
  return inside.startsWith('..') || isAbsolute(inside) ? path : inside;
}

/** Of the last decision, once it has ended the rollout or started its rollback. */
function decidedBy(
  { phase }: PastRollout['state'],
  { events }: PastRollout['record'],
): Pick<NonNullable<Status['lastRun']>, 'decidedBy'> {
  const last = events.findLast(({ type }) => type === 'judged' || type === 'aborted' || type === 'decided');
  if (phase === 'progressing' || last?.type !== 'judged' || last.line === undefined) return {};
  return { decidedBy: describeLine(last.line) };
}

/** How far the current stage or watch is, judged by the objectives of the rollout. */
async function stageOf(
  { runId, record, lastAt }: PastRollout,
  store: TargetStore,
): Promise<Pick<NonNullable<Status['lastRun']>, 'stage'>> {
  const { state, verdict } = momentOf(record, record.events, slosIn(await store.runs.read(runId, 'evidence.json')));
  const stage = currentStage(state);
  if (isFinished(state) || state.phase === 'rolling-back' || !stage || !verdict) return {};
  const isWatch = isWatching(state);
  const seen = observedMs(state.observations);
  const untilMs = isWatch ? watchEndMs(state) : stageMs(stage, state.plan.settings);
  return {
    stage: {
      share: stage.share,
      isWatch,
      observedMs: seen,
      untilMs,
      until: new Date(Date.parse(lastAt) + Math.max(0, untilMs - seen)).toISOString(),
      word: verdict.word,
      open: verdict.judgements
        .filter(({ status: is }) => is !== 'pass')
        .map(({ title, because }) => `${title}: ${because}`),
      digest: evidenceDigest(record.events),
    },
  };
}

/** A command to type is for the target that was asked about. */
const withTarget = (command: string, target: string | undefined): string =>
  target === undefined
    ? command
    : command.replace(/^npm run \w+(?: --(?= ))?/, (start) => `${start.replace(/ --$/, '')} -- --target ${target}`);
