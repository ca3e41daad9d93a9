import { chooseEnvironment } from '../config/target-file.ts';
import { UserError } from '../core/errors.ts';
import type { RolloutSettings } from '../core/rollout/settings.ts';
import { type StartedTarget, startEmbedded } from './embedded-target.ts';
import type { Flow } from './flow.ts';
import { requireFolders } from './preflight/gate-folders.ts';
import { requireJourneyFiles } from './journey-files.ts';
import { readSettings, type TargetSource } from './prepare.ts';
import { readRolloutSettings } from './read-settings.ts';
import type { Deployed } from './rollout/begin.ts';
import { dispatch } from './rollout/dispatch.ts';
import { lockTarget } from './rollout/lock-target.ts';
import type { DeployOptions } from './rollout/options.ts';
import { nothingOpen } from './rollout/resume.ts';
import { newRunFolder, openSession } from './rollout/session.ts';
import { learnDeployment, requireTokens } from './deployment-secrets.ts';
import { openRunSecrets, throwMasked } from './run-secrets.ts';
import { openTargetStore } from './target-store.ts';

type TargetFile = Pick<StartedTarget, 'file' | 'deployment'>;

/** Clauses 2.B1 to 2.B5 and 2.R1 to 2.R4: ships a release, or resumes or aborts the rollout that is open. */
export async function deploy(options: DeployOptions, flow: Flow): Promise<Deployed> {
  const settings = await readSettings({ target: options.target, slo: options.slo, release: options.release }, flow);
  const source = requireTargetFile(settings.source, options);
  await using secrets = await openRunSecrets(source);
  // An embedded target writes its log at its start; every other rollout opens its folder once it is sure to start.
  await using early =
    source.kind === 'embedded' ? await newRunFolder(flow, secrets.mask, options.verb ?? 'deploy') : undefined;
  await using started = await startIfEmbedded(source, early?.path ?? '', flow);
  const target: TargetFile = started ?? (source as Extract<typeof source, { kind: 'deployment' }>);
  await using store = openTargetStore(target, flow);
  await using lock = await lockTarget(store, options, flow);
  learnDeployment(secrets, target.deployment, flow.environment.variables);
  const session = openSession(
    target,
    { settings, store, lock, secrets, early, attestation: options.attestation },
    flow,
  );
  return await dispatch(options, session, (verb) => prepareNew(target, verb, flow), flow).catch((error: unknown) =>
    throwMasked(error, secrets.mask),
  );
}

/** Throws UserError for an address, and for --resume and --abort of an embedded target that does not run. */
function requireTargetFile(
  source: TargetSource,
  { resume, abort, verb }: DeployOptions,
): Exclude<TargetSource, { kind: 'url' }> {
  if (source.kind === 'url') throw new UserError('A rollout needs a target file.', ['--target <name or file>']);
  if (source.kind === 'embedded' && (resume || abort)) throw nothingOpen(`the ${source.name} does not run`);
  if (source.kind === 'embedded' && verb === 'watch')
    throw new UserError(
      `The ${source.name} does not run, so there is no release to watch.`,
      source.embedded.hints.start,
    );
  return source;
}

async function startIfEmbedded(
  source: Exclude<TargetSource, { kind: 'url' }>,
  runFolder: string,
  flow: Flow,
): Promise<StartedTarget | undefined> {
  if (source.kind !== 'embedded') return undefined;
  return startEmbedded(source, { extra: source.embedded.forDeploy, runFolder, emit: flow.listen }, flow);
}

/** What is checked and read before a new rollout is planned. */
async function prepareNew(
  { file, deployment }: TargetFile,
  verb: DeployOptions['verb'],
  flow: Flow,
): Promise<RolloutSettings> {
  requireTokens(deployment, flow.environment.variables);
  const target = chooseEnvironment(file, deployment, undefined);
  await requireJourneyFiles(target, { kind: 'deployment', file });
  if (verb === 'release') await requireFolders(file, deployment, target);
  return readRolloutSettings(deployment.rollout, flow);
}
