import { chooseEnvironment, type Deployment } from '../config/target-file.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import { otherColour } from '../core/rollout/plan.ts';
import type { Shares } from '../core/rollout/step.ts';
import type { Colour, EnvironmentName, Target } from '../core/target.ts';
import { createDrivers } from './drivers.ts';
import type { Flow } from './flow.ts';

interface Selection {
  /** `blue`, `green`, `public`, `idle` or `live`; by default the target file's own choice. */
  readonly env?: string | undefined;
  readonly release?: string | undefined;
}

/**
 * One environment of a deployment. `idle` and `live` are resolved by asking the router. The expected release comes from the
 * command line, else from the target file, else from the runtime. Throws UserError for an environment that does not exist.
 */
export async function selectTarget(
  { file, deployment }: { readonly file: string; readonly deployment: Deployment },
  { env, release: requested }: Selection,
  flow: Flow,
): Promise<Target> {
  const name = env === 'idle' || env === 'live' ? await resolveEnvironment({ file, deployment }, env, flow) : env;
  const target = chooseEnvironment(file, deployment, name);
  const release = requested ?? target.environment.release ?? (await runningRelease(file, deployment, target, flow));
  return release === undefined ? target : { ...target, environment: { ...target.environment, release } };
}

/** Throws UserError for the idle environment of a target that a platform replaces as a whole. */
async function resolveEnvironment(
  { file, deployment }: { readonly file: string; readonly deployment: Deployment },
  env: 'idle' | 'live',
  flow: Flow,
): Promise<EnvironmentName> {
  if (deployment.platform) {
    if (env === 'live') return 'public';
    throw new UserError(`${file}: the target has a \`platform\` and no idle environment.`, ['--env public']);
  }
  if (!deployment.router)
    throw new UserError(
      `${file}: the router knows which colour is ${env}, and the target has no \`router\``,
      Object.keys(deployment.environments).map((name) => `--env ${name}`),
    );
  const { shares } = await createDrivers(file, deployment, flow).router.read();
  const live = liveColour(shares);
  return env === 'live' ? live : otherColour(live);
}

/** The colour with all traffic. Throws UserError while traffic is split: then no colour is idle. */
export function liveColour(shares: Shares): Colour {
  if (shares.blue === 100) return 'blue';
  if (shares.green === 100) return 'green';
  throw new UserError(
    `Traffic is split, ${shares.blue} % blue and ${shares.green} % green, so no colour is idle or live.`,
    ['npm run status', 'npm run deploy -- --resume    where a rollout is open'],
  );
}

/** The release of a colour, where all its running instances agree. An unreachable runtime leaves the release unknown. */
async function runningRelease(
  file: string,
  deployment: Deployment,
  { environment }: Target,
  flow: Flow,
): Promise<string | undefined> {
  if (!deployment.router || !deployment.runtime || environment.name === 'public') return undefined;
  try {
    const places = await createDrivers(file, deployment, flow).runtime.read();
    const running = places.filter(({ colour, running: runs }) => runs && colour === environment.name);
    const releases = new Set(running.map(({ release }) => release));
    const [only] = releases;
    return releases.size === 1 ? only : undefined;
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    flow.listen({ type: 'note', text: `running release unknown, name it with --release: ${messageOf(error)}` });
    return undefined;
  }
}
