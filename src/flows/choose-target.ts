import { toolEnvironment } from '../config/environment.ts';
import { chooseEnvironment, type Deployment, driversOf } from '../config/target-file.ts';
import { messageOf, ToolError, UserError } from '../core/errors.ts';
import { otherColour } from '../core/rollout/plan.ts';
import type { Shares } from '../core/rollout/step.ts';
import type { Colour, Target } from '../core/target.ts';
import { createMigrations, type Migrations } from '../migrations/index.ts';
import { createRouter, type Router } from '../routers/index.ts';
import { createRuntime, type Place, type Runtime } from '../runtimes/index.ts';
import type { Flow } from './flow.ts';

/** What changes a target, as its file sets it up. */
export interface Drivers {
  readonly router: Router;
  readonly runtime: Runtime;
  readonly migrations: Migrations | undefined;
}

/** Throws UserError where the target file names no router or no runtime. */
export function openDrivers(file: string, deployment: Deployment, flow: Flow): Drivers {
  const { router, runtime, migrations } = driversOf(file, deployment);
  const context = { env: toolEnvironment(flow.environment.variables, deployment.env), cwd: flow.projectRoot };
  return {
    router: createRouter(router, context),
    runtime: createRuntime(runtime, context),
    migrations: migrations && createMigrations(migrations, context),
  };
}

/**
 * One environment of a target: `blue`, `green`, `public`, or, by asking the router, `idle` and `live`. Which release has to
 * answer is said by the command line, else by the target file, else by the runtime.
 */
export async function chooseTarget(
  file: string,
  deployment: Deployment,
  options: { readonly env?: string | undefined; readonly release?: string | undefined },
  flow: Flow,
): Promise<Target> {
  const name = await resolveName(file, deployment, options.env, flow);
  const target = chooseEnvironment(file, deployment, name);
  const release =
    options.release ?? target.environment.release ?? (await runningRelease(file, deployment, target, flow));
  return release === undefined ? target : { ...target, environment: { ...target.environment, release } };
}

async function resolveName(
  file: string,
  deployment: Deployment,
  env: string | undefined,
  flow: Flow,
): Promise<string | undefined> {
  if (env !== 'idle' && env !== 'live') return env;
  const { shares } = await openDrivers(file, deployment, flow).router.read();
  const live = liveColour(shares);
  return env === 'live' ? live : otherColour(live);
}

/** The colour that has all traffic. Throws UserError while it is shared: then neither colour is idle. */
export function liveColour(shares: Shares): Colour {
  if (shares.blue === 100) return 'blue';
  if (shares.green === 100) return 'green';
  throw new UserError(
    `Traffic is shared, ${shares.blue} % on blue and ${shares.green} % on green, so no colour is idle.`,
    ['npm run status', 'npm run deploy -- --resume    where a rollout is open'],
  );
}

/** Only `deploy` and `status` need the runtime. Without it nobody knows which release to expect, which is said and judged so. */
async function askRuntime(runtime: Runtime, flow: Flow): Promise<readonly Place[]> {
  try {
    return await runtime.read();
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    flow.listen({
      type: 'note',
      text: `which release runs could not be asked, so --release has to say it: ${messageOf(error)}`,
    });
    return [];
  }
}

async function runningRelease(
  file: string,
  deployment: Deployment,
  { environment }: Target,
  flow: Flow,
): Promise<string | undefined> {
  if (!deployment.router || !deployment.runtime || environment.name === 'public') return undefined;
  const places = await askRuntime(openDrivers(file, deployment, flow).runtime, flow);
  const releases = new Set(
    places.filter(({ colour, running }) => running && colour === environment.name).map(({ release }) => release),
  );
  const [only] = releases;
  return releases.size === 1 ? only : undefined;
}
