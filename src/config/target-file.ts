import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import type { MigrationsSettings, RouterSettings, RuntimeSettings, StoreSettings } from '../core/drivers.ts';
import { createMask } from '../core/redact.ts';
import type { EnvironmentName, Target } from '../core/target.ts';
import { migrationsSchema, routerSchema, runtimeSchema, storeSchema } from './driver-settings.ts';
import { durationSchema } from './duration.ts';
import { identitySchema } from './identity-schema.ts';
import { rolloutOverridesSchema } from './rollout-settings.ts';
import { addressSchema, commandSchema, pathSchema, releaseSchema, withoutUndefined } from './target-schemas.ts';
import { createVariableFiller, markVariables } from './variables.ts';
import { parseYaml } from './yaml-file.ts';

const environmentSchema = z.strictObject({
  api: addressSchema,
  web: addressSchema.optional(),
  metrics: z.array(addressSchema).default([]),
  release: releaseSchema.optional(),
  shutdown: z.strictObject({ stop: commandSchema, start: commandSchema }).optional(),
});

const otpSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('response') }),
  z.strictObject({ from: z.literal('fixed'), code: z.string().regex(/^\d{6}$/, 'six digits') }),
  z.strictObject({ from: z.literal('command'), command: commandSchema }),
]);

/** An embedded target is started by a program that writes its target file and stays in the foreground. */
const embeddedSchema = z.strictObject({
  start: commandSchema,
  /** Added to `start` with --release; {env} and {release} are replaced. */
  withRelease: z.array(z.string()).default([]),
  /** Added to `start` for a rollout, which ships the release itself. */
  forDeploy: z.array(z.string()).default([]),
  writes: z.string().min(1),
  /** Folder, relative to the project, in which a target that an operator started keeps its state; the default of {state}. */
  state: z.string().min(1),
  /** Commands to type, shown where the target does not run, or refuses its arguments. */
  hints: z
    .strictObject({ start: z.array(z.string()).default([]), arguments: z.array(z.string()).default([]) })
    .prefault({}),
});

const environmentName = z.enum(['blue', 'green', 'public']);

const deploymentSchema = z.strictObject({
  name: z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes'),
  kind: z.enum(['embedded', 'staging', 'production']),
  defaultEnvironment: environmentName.default('green'),
  environments: z
    .strictObject({
      blue: environmentSchema.optional(),
      green: environmentSchema.optional(),
      public: environmentSchema.optional(),
    })
    .refine((environments) => Object.keys(environments).length > 0, 'at least one of blue, green, public'),
  paths: z
    .strictObject({
      auth: pathSchema.default('/auth'),
      api: pathSchema.default(''),
      health: pathSchema.default('/healthz'),
      ready: pathSchema.default('/readyz'),
    })
    .prefault({}),
  users: z
    .strictObject({
      client: z.email().default('client@example.com'),
      freelancer: z.email().default('freelancer@example.com'),
    })
    .prefault({}),
  otp: otpSchema.default({ from: 'response' }),
  /** Names of variables passed to the target's commands: a token in an argument would appear in the process list. */
  env: z.array(z.string().regex(/^\w+$/, 'the name of an environment variable')).default([]),
  readiness: z
    .strictObject({
      stableFor: durationSchema.prefault('60s'),
      interval: durationSchema.prefault('1s'),
      budget: durationSchema.prefault('5m'),
    })
    .refine(({ stableFor, budget }) => stableFor < budget, {
      path: ['stableFor'],
      error: 'has to be shorter than `budget`, or readiness could never hold that long',
    })
    .refine(({ interval, stableFor }) => interval <= stableFor, {
      path: ['interval'],
      error: 'not longer than `stableFor`, or a single probe would decide',
    })
    .prefault({}),
  smoke: z
    .strictObject({
      budget: durationSchema.prefault('5m'),
      postman: z.string().optional(),
      postmanEnvironment: z.string().optional(),
      playwright: z.union([z.string(), z.literal(false)]).optional(),
    })
    .prefault({}),
  /** What shows which release an instance runs; src/core/target.ts explains each. */
  identity: identitySchema,
  load: z
    .strictObject({
      profile: z.string().default('stage'),
      rate: z.number().positive().optional(),
      duration: durationSchema.optional(),
    })
    .prefault({}),
  objectives: z
    .strictObject({
      /** By kind, with the reason: every other kind is required of every verdict. */
      inapplicable: z
        .partialRecord(z.enum(['latency', 'server-errors', 'payment-success']), z.string().min(1, 'the reason'))
        .default({}),
    })
    .prefault({}),
  /** Ships a release: needed by `deploy` and `status` only. */
  router: routerSchema.optional(),
  runtime: runtimeSchema.optional(),
  migrations: migrationsSchema.optional(),
  /** Keeps the lock, the journals and the evidence of the target's rollouts. */
  store: storeSchema.prefault({ driver: 'folder' }),
  rollout: rolloutOverridesSchema.prefault({}),
  /** Releases in their order; `deploy` without --release ships the one after the live one. */
  releases: z.array(releaseSchema).default([]),
  /** The process that keeps an embedded target running. */
  pid: z.int().positive().optional(),
});
const embeddedFileSchema = z.strictObject({
  name: deploymentSchema.shape.name,
  kind: z.literal('embedded'),
  /** Used where the command line names no target. */
  default: z.boolean().default(false),
  embedded: embeddedSchema,
});

interface WithSecrets {
  /** Values of `${NAME}` in the file: masked wherever they would appear. */
  readonly secrets: readonly string[];
}
export type Deployment = z.output<typeof deploymentSchema> & WithSecrets;
export type EmbeddedTarget = z.output<typeof embeddedFileSchema> & WithSecrets;

const next = ['config/targets/staging.yaml is a commented example'];

/** A target file. Throws UserError with file, line and key. */
export function parseTargetFile(
  file: string,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Deployment | EmbeddedTarget {
  const marked = markVariables(text);
  const filler = createVariableFiller(file, env);
  const options = { next, fill: filler.fill };
  try {
    const parsed = /^\s*"?embedded"?\s*:/m.test(marked)
      ? parseYaml(file, marked, embeddedFileSchema, options)
      : parseYaml(file, marked, deploymentSchema, options);
    return { ...parsed, secrets: filler.secrets() };
  } catch (error) {
    // A refused value may be a secret.
    if (!(error instanceof UserError)) throw error;
    throw new UserError(createMask(filler.secrets)(error.message), error.next);
  }
}

/** One environment of a deployment. Throws UserError if the deployment has no such environment. */
export function chooseEnvironment(file: string, deployment: Deployment, wanted: string | undefined): Target {
  const known = Object.keys(deployment.environments);
  const name = (wanted ?? deployment.defaultEnvironment) as EnvironmentName;
  const found = deployment.environments[name];
  if (!found) {
    throw new UserError(`${file}: the target ${deployment.name} has no environment "${name}"`, [
      `--env ${known.join(' | --env ')}`,
    ]);
  }
  const { readiness, smoke, load } = deployment;
  // Paths in a target file are relative to it, not to the working directory.
  const beside = (path: string | undefined) => (path === undefined ? undefined : resolve(dirname(file), path));
  return {
    name: deployment.name,
    kind: deployment.kind,
    environment: withoutUndefined({ name, ...found }),
    paths: deployment.paths,
    users: deployment.users,
    otp: deployment.otp,
    env: deployment.env,
    readiness: { stableForMs: readiness.stableFor, intervalMs: readiness.interval, budgetMs: readiness.budget },
    smoke: withoutUndefined({
      budgetMs: smoke.budget,
      postman: beside(smoke.postman),
      postmanEnvironment: beside(smoke.postmanEnvironment),
      playwright: smoke.playwright === false ? false : beside(smoke.playwright),
    }) as Target['smoke'],
    identity: deployment.identity,
    inapplicable: withoutUndefined(deployment.objectives.inapplicable),
    load: withoutUndefined({ profile: load.profile, rate: load.rate, durationMs: load.duration }),
  };
}

/** The drivers' settings, paths absolute. Throws UserError if the target file has no router or no runtime. */
export function driversOf(
  file: string,
  { router, runtime, migrations }: Deployment,
): {
  readonly router: RouterSettings;
  readonly runtime: RuntimeSettings;
  readonly migrations: MigrationsSettings | undefined;
} {
  const beside = (path: string) => resolve(dirname(file), path);
  if (!router || !runtime) {
    const missing = router ? 'runtime' : 'router';
    throw new UserError(`${file}: the target has no \`${missing}\`, and a rollout needs one`, next);
  }
  return {
    router:
      router.driver === 'haproxy' && router.stateFile !== undefined
        ? { ...router, stateFile: beside(router.stateFile) }
        : router,
    runtime:
      runtime.driver === 'process'
        ? { ...runtime, folder: beside(runtime.folder) }
        : runtime.driver === 'docker-compose'
          ? { ...runtime, file: beside(runtime.file) }
          : runtime,
    migrations: migrations?.driver === 'sql-files' ? { ...migrations, folder: beside(migrations.folder) } : migrations,
  };
}

/** The store's settings, its folder absolute; `fallback` is the folder of a file that names none. */
export const storeOf = (file: string, { store }: Pick<Deployment, 'store'>, fallback: string): StoreSettings =>
  store.driver === 'folder'
    ? { driver: 'folder', folder: store.folder === undefined ? fallback : resolve(dirname(file), store.folder) }
    : store;
