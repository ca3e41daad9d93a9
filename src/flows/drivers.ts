import { toolEnvironment } from '../config/environment.ts';
import { flagsOf } from '../config/courtesy.ts';
import { type Deployment, driversOf } from '../config/target-file.ts';
import { createFlags, type Flags } from '../flags/index.ts';
import { createMigrations, type Migrations } from '../migrations/index.ts';
import { createRouter, type Router } from '../routers/index.ts';
import { createRuntime, type Runtime } from '../runtimes/index.ts';
import { secretIn } from './courtesies.ts';
import { createPlatform, type Platform } from '../platforms/index.ts';
import { noInstances } from './no-instances.ts';
import type { Flow } from './flow.ts';

/** What changes a target, as its file sets it up. */
export interface Drivers {
  /** Of a target with a platform, both refuse whatever they are called for. */
  readonly router: Router;
  readonly runtime: Runtime;
  /** What replaces the one instance itself, in the place of both. */
  readonly platform?: Platform | undefined;
  readonly migrations: Migrations | undefined;
  readonly flags?: ConfiguredFlags | undefined;
}

export interface ConfiguredFlags {
  readonly driver: Flags;
  /** Names of the flags that releases introduce, where the target file has them. */
  readonly owned?: readonly string[];
}

/** Throws UserError where the target file names neither router and runtime nor a platform. */
export function createDrivers(file: string, deployment: Deployment, flow: Flow): Drivers {
  const { migrations, ...shipping } = driversOf(file, deployment);
  const flags = flagsOf(file, deployment);
  const context = { env: toolEnvironment(flow.environment.variables, deployment.env), cwd: flow.projectRoot };
  return {
    ...(shipping.platform
      ? { ...noInstances(), platform: createPlatform(shipping.platform, context) }
      : { router: createRouter(shipping.router, context), runtime: createRuntime(shipping.runtime, context) }),
    migrations: migrations && createMigrations(migrations, context),
    flags: flags && {
      driver: createFlags(flags, context, secretIn(flow.environment.variables)),
      ...(flags.owned ? { owned: flags.owned } : {}),
    },
  };
}
