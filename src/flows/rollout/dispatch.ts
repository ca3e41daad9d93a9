import type { RolloutSettings } from '../../core/rollout/settings.ts';
import { latestRollout } from '../../journal/read-rollout.ts';
import type { Flow } from '../flow.ts';
import { beginRollout, type Deployed, planAndForecast } from './begin.ts';
import type { DeployOptions } from './options.ts';
import { refuseExternalChange } from './plan-rollout.ts';
import { UserError } from '../../core/errors.ts';
import { waitingRelease } from '../../journal/waiting-release.ts';
import { beginRelease } from '../release/begin.ts';
import { resumeRollout, selectRollout } from './resume.ts';
import type { RolloutSession } from './session.ts';

/** Resumes or aborts the open rollout of a locked target, or plans a new one and, unless it is a dry run, executes it. */
export async function dispatch(
  options: DeployOptions,
  session: RolloutSession,
  prepareNew: (verb: DeployOptions['verb']) => Promise<RolloutSettings>,
  flow: Flow,
): Promise<Deployed> {
  const { drivers } = session.contextFor('', flow.listen);
  const waiting = options.resume || options.abort ? await waitingRelease(session.store) : undefined;
  if (waiting && options.abort)
    throw new UserError(
      `${waiting.release} waits in its preflight and was not shipped, so there is nothing to abort.`,
      ['npm run release -- --resume   to check it again'],
    );
  const past = await latestRollout(session.store, flow.reportsRoot);
  const open = selectRollout(past, waiting ? { ...options, resume: false } : options);
  // A watch starts from what the router has, regardless of what set it.
  if (!drivers.platform && (open || options.verb !== 'watch'))
    await refuseExternalChange(drivers.router, past, options);
  if (open) return { kind: 'ended', result: await resumeRollout(open, options, session, flow) };
  // `deploy --resume` continues a release too.
  const verb = waiting ? 'release' : options.verb;
  const settings = await prepareNew(verb);
  if (verb === 'release') return beginRelease({ ...options, verb }, { settings, waiting }, session, flow);
  const planned = await planAndForecast(options, settings, session, flow);
  if (options.dryRun) return { kind: 'planned', ...planned };
  return { kind: 'ended', result: await beginRollout(planned, session, flow) };
}
