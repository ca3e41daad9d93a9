import { homedir } from 'node:os';
import { dirname, resolve } from 'node:path';
import type { z } from 'zod';
import type { ClusterSettings } from '../core/cluster.ts';
import { UserError } from '../core/errors.ts';
import type { MigrationsSettings, RouterSettings, RuntimeSettings, StoreSettings } from '../core/drivers.ts';
import type { PlatformSettings } from '../core/platform.ts';
import { createMask } from '../core/redact.ts';
import type { Service } from '../core/service.ts';
import type { Environment, EnvironmentName, SmokeSettings, Target } from '../core/target.ts';
import { serviceOf } from './service-settings.ts';
import type { ServiceDefaults } from './service-file.ts';
import { loadSettingsOf } from './load-settings.ts';
import { type DeploymentKeys, deploymentSchemaWith, embeddedFileSchema } from './target-schema.ts';
import { withoutUndefined } from './target-schemas.ts';
import { createVariableFiller, markVariables } from './variables.ts';
import { parseYaml } from './yaml-file.ts';

interface WithSecrets {
  /** Values of `${NAME}` in the file: masked wherever they would appear. */
  readonly secrets: readonly string[];
}
export interface Deployment extends DeploymentKeys, WithSecrets {
  /** What the file does not say. */
  readonly defaults: ServiceDefaults;
}
export type EmbeddedTarget = z.output<typeof embeddedFileSchema> & WithSecrets;

const example = 'less config/targets/staging.yaml   explains every key';

/** A target file. Throws UserError with file, line and key. */
export function parseTargetFile(
  file: string,
  text: string,
  env: Readonly<Record<string, string | undefined>>,
  defaults: ServiceDefaults,
): Deployment | EmbeddedTarget {
  const marked = markVariables(text);
  const filler = createVariableFiller(file, env);
  const options = { next: [`npm run doctor -- --target ${file}   checks it again`, example], fill: filler.fill };
  try {
    if (isEmbedded(marked))
      return { ...parseYaml(file, marked, embeddedFileSchema, options), secrets: filler.secrets() };
    const parsed = parseYaml(file, marked, deploymentSchemaWith(defaults), options);
    return { ...parsed, secrets: filler.secrets(), defaults };
  } catch (error) {
    // A refused value may be a secret.
    if (!(error instanceof UserError)) throw error;
    const mask = createMask(filler.secrets);
    throw new UserError(mask(error.message), error.next.map(mask));
  }
}

/** A running sandbox writes a file of the same kind that has environments. */
const isEmbedded = (text: string): boolean =>
  /^\s*"?embedded"?\s*:/m.test(text) || (/^kind:\s*embedded\b/m.test(text) && !/^environments\s*:/m.test(text));

/** One environment of a deployment. Throws UserError if the deployment has no such environment. */
export function chooseEnvironment(file: string, deployment: Deployment, wanted: string | undefined): Target {
  const known = Object.keys(deployment.environments);
  const name = (wanted ?? defaultEnvironmentOf(deployment)) as EnvironmentName;
  const found = deployment.environments[name];
  if (!found) {
    throw new UserError(`${file}: the target ${deployment.name} has no environment "${name}"`, [
      `--env ${known.join(' | --env ')}`,
    ]);
  }
  const { readiness, paths, rateLimit, defaults } = deployment;
  return {
    name: deployment.name,
    kind: deployment.kind,
    environment: environmentOf(name, found, deployment),
    paths: { auth: paths.auth, api: paths.api },
    service: serviceOfFile(deployment),
    env: deployment.env,
    readiness: { stableForMs: readiness.stableFor, intervalMs: readiness.interval, budgetMs: readiness.budget },
    smoke: { ...smokeOf(file, deployment.smoke), ours: defaults.smoke },
    identity: deployment.identity,
    ...(deployment.metrics ? { metrics: deployment.metrics } : {}),
    inapplicable: withoutUndefined(deployment.objectives.inapplicable),
    load: loadSettingsOf(deployment.load, clusterOf(file, deployment.cluster), (path) => besideFile(file, path)),
    gates: gatesOf(file, deployment.preflight),
    origins: deployment.origins,
    accepted: deployment.accepted,
    ...(rateLimit === undefined ? {} : { rateLimit }),
  };
}

/** What the file says of the service; the same for every environment. */
export const serviceOfFile = ({ paths, defaults, ...deployment }: Deployment): Service =>
  serviceOf({ ...deployment, paths: { ...withoutUndefined(paths), auth: paths.auth } }, defaults);

function environmentOf(
  name: EnvironmentName,
  { shutdown, ...found }: NonNullable<DeploymentKeys['environments'][EnvironmentName]>,
  { paths, defaults }: Deployment,
): Environment {
  const environment = withoutUndefined({ name, ...found });
  if (!shutdown) return environment;
  const { path, ...request } = shutdown.request ?? defaults.shutdown.request;
  return { ...environment, shutdown: { ...shutdown, request: { ...request, path: paths.api + path } } };
}

/** The environment of a command without --env: the file's choice, else green, else the one colour of a rolling target. */
export function defaultEnvironmentOf({
  defaultEnvironment,
  environments,
}: Pick<Deployment, 'defaultEnvironment' | 'environments'>): EnvironmentName {
  const known = (['green', 'blue', 'public'] as const).find((name) => environments[name] !== undefined);
  return defaultEnvironment ?? known ?? 'green';
}

/** Paths in a target file are relative to it, not to the working directory; `~/` is the home folder, as in a shell. */
export const besideFile = (file: string, path: string): string =>
  /^~(?:\/|$)/.test(path) ? resolve(homedir(), path.slice(2)) : resolve(dirname(file), path);
const beside = (file: string, path: string | undefined): string | undefined =>
  path === undefined ? undefined : besideFile(file, path);

const smokeOf = (file: string, { budget, playwright, ...smoke }: Deployment['smoke']): Omit<SmokeSettings, 'ours'> => ({
  budgetMs: budget,
  postmanVariables: smoke.postmanVariables,
  playwrightVariables: smoke.playwrightVariables,
  ...withoutUndefined({
    postman: beside(file, smoke.postman),
    postmanEnvironment: beside(file, smoke.postmanEnvironment),
    postmanData: beside(file, smoke.postmanData),
    playwright: playwright === false ? (false as const) : beside(file, playwright),
  }),
});

/** What ships a release: a router with a runtime, or a platform that replaces the one instance itself. */
export type ShippingSettings =
  | { readonly router: RouterSettings; readonly runtime: RuntimeSettings; readonly platform?: never }
  | { readonly platform: PlatformSettings };

const gatesOf = (file: string, preflight: Deployment['preflight']): Target['gates'] =>
  Object.fromEntries(
    Object.entries(preflight?.gates ?? {}).map(([id, gate]) => [
      id,
      'off' in gate
        ? gate
        : {
            command: gate.command,
            folder: resolve(dirname(file), gate.folder),
            path: (preflight?.path ?? []).map((folder) => besideFile(file, folder)),
            format: gate.reads,
            timeoutMs: gate.timeout,
          },
    ]),
  );

/** The drivers' settings, paths absolute. Throws UserError if the target file has neither router and runtime nor a platform. */
export function driversOf(
  file: string,
  { router, runtime, platform, migrations, cluster: access }: Deployment,
): ShippingSettings & { readonly migrations: MigrationsSettings | undefined } {
  const absolute = (path: string) => besideFile(file, path);
  const migrating =
    migrations?.driver === 'sql-files' ? { ...migrations, folder: absolute(migrations.folder) } : migrations;
  if (platform) return { platform, migrations: migrating };
  if (!router || !runtime) {
    const missing = router ? 'runtime' : 'router';
    throw new UserError(`${file}: the target has no \`${missing}\`, and a rollout needs one`, [
      example,
      '`platform` instead of both, where a platform replaces the one instance itself: docs/platforms.md',
    ]);
  }
  const cluster = clusterOf(file, access);
  return {
    router: routerOf(router, cluster, absolute),
    runtime: runtimeOf(runtime, cluster, absolute),
    migrations: migrating,
  };
}

/** The kubeconfig absolute. */
export const clusterOf = (file: string, cluster: Deployment['cluster'] = {}): ClusterSettings => ({
  ...cluster,
  ...(cluster.kubeconfig === undefined ? {} : { kubeconfig: besideFile(file, cluster.kubeconfig) }),
});

type Absolute = (path: string) => string;

function routerOf(
  router: NonNullable<Deployment['router']>,
  cluster: ClusterSettings,
  absolute: Absolute,
): RouterSettings {
  switch (router.driver) {
    case 'haproxy':
      return router.stateFile === undefined ? router : { ...router, stateFile: absolute(router.stateFile) };
    case 'command':
      return router;
    case 'gateway-api':
    case 'service-selector':
      return { ...router, cluster };
  }
}

function runtimeOf(
  runtime: NonNullable<Deployment['runtime']>,
  cluster: ClusterSettings,
  absolute: Absolute,
): RuntimeSettings {
  switch (runtime.driver) {
    case 'process':
      return { ...runtime, folder: absolute(runtime.folder) };
    case 'docker-compose':
      return { ...runtime, file: absolute(runtime.file) };
    case 'command':
      return runtime;
    case 'kubernetes':
      return { ...runtime, cluster };
  }
}

/** The store's settings, its folder absolute; `fallback` is the folder of a file that names none. */
export function storeOf(
  file: string,
  { store, cluster }: Pick<Deployment, 'store' | 'cluster'>,
  fallback: string,
): StoreSettings {
  switch (store.driver) {
    case 'folder':
      return { driver: 'folder', folder: store.folder === undefined ? fallback : besideFile(file, store.folder) };
    case 'postgres':
      return store;
    case 'kubernetes':
      return { ...store, cluster: clusterOf(file, cluster) };
  }
}
