import { z } from 'zod';
import { clusterSchema, missingCluster } from './cluster-schema.ts';
import { migrationsSchema, routerSchema, runtimeSchema, storeSchema } from './driver-settings.ts';
import { announcementsSchema } from './announcements-schema.ts';
import { incidentSchema, sentrySchema } from './courtesy-schema.ts';
import { crashlyticsSchema } from './crashlytics-schema.ts';
import { durationSchema } from './duration.ts';
import { flagsSchema } from './flags-schema.ts';
import { expectationSchema, readySchema } from './expectation-schema.ts';
import { identitySchema } from './identity-schema.ts';
import { metricsSchema } from './metrics-schema.ts';
import { acceptedListSchema, originsSchema, smokeSchema } from './journey-schema.ts';
import { loadSchema, rateLimitSchema } from './load-schema.ts';
import { platformContradictions, platformSchema } from './platform-schema.ts';
import { preflightSchema } from './preflight-schema.ts';
import { releaseNotesSchema } from './release-notes-schema.ts';
import { rolloutOverridesSchema } from './rollout-settings.ts';
import { contradictionsIn, missingUsers, usersOfLogin } from './service-settings.ts';
import type { ServiceDefaults } from './service-file.ts';
import {
  absentSchema,
  answersSchemaWith,
  halfSentSchema,
  loginSchema,
  otpSchema,
  usersSchema,
} from './service-schema.ts';
import { addressSchema, commandSchema, commandWith, pathSchema, releaseSchema } from './target-schemas.ts';

/** A target file. One schema a key, each in a file of its subject; docs/target.schema.json is generated from it. */
const environmentSchema = z.strictObject({
  api: addressSchema,
  web: addressSchema.optional(),
  metrics: z.array(addressSchema).default([]),
  release: releaseSchema.optional(),
  shutdown: z
    .strictObject({ stop: commandWith(), start: commandWith(), request: halfSentSchema.exactOptional() })
    .optional(),
});

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

const nameSchema = z.string().regex(/^[a-z][a-z0-9-]*$/, 'lower case letters, digits and dashes');

const deploymentKeys = {
  name: nameSchema,
  kind: z.enum(['embedded', 'staging', 'production']),
  /** By default the only environment, or green. */
  defaultEnvironment: environmentName.exactOptional(),
  environments: z
    .strictObject({
      blue: environmentSchema.optional(),
      green: environmentSchema.optional(),
      public: environmentSchema.optional(),
    })
    .refine((environments) => Object.keys(environments).length > 0, 'at least one of blue, green, public'),
  /** By default those of config/service.yaml, and none where nobody logs in or tokens are given. */
  users: usersSchema.optional(),
  /** Where one-time passwords come from; of a log-in with otp only. */
  otp: otpSchema.optional(),
  absent: absentSchema.default([]),
  origins: originsSchema,
  accepted: acceptedListSchema,
  rateLimit: rateLimitSchema.optional(),
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
  smoke: smokeSchema.prefault({}),
  load: loadSchema.prefault({}),
  objectives: z
    .strictObject({
      /** By kind, with the reason: every other kind is required of every verdict. */
      inapplicable: z
        .partialRecord(z.enum(['latency', 'server-errors', 'payment-success']), z.string().min(1, 'the reason'))
        .default({}),
    })
    .prefault({}),
  /** How the target's metrics name what the objectives need. */
  metrics: metricsSchema.optional(),
  /** What has to pass before a release is shipped (1). */
  preflight: preflightSchema.exactOptional(),
  /** Ships a release: needed by `deploy` and `status` only. */
  /** Access to Kubernetes, for every driver that is in it. */
  cluster: clusterSchema.exactOptional(),
  router: routerSchema.optional(),
  runtime: runtimeSchema.optional(),
  /** Instead of both: a platform that replaces the one instance itself. */
  platform: platformSchema.optional(),
  migrations: migrationsSchema.optional(),
  /** What a rollback restores, whom it informs, and where it records the failed deploy (4.2.2, 4.2.4, 4.2.5). */
  flags: flagsSchema.optional(),
  incident: incidentSchema.optional(),
  sentry: sentrySchema.optional(),
  /** Where new crashes of the app are read after a release (3.3b). */
  crashlytics: crashlyticsSchema.exactOptional(),
  /** What the stakeholders of a release read (3.4). */
  releaseNotes: releaseNotesSchema.exactOptional(),
  announcements: announcementsSchema.exactOptional(),
  /** Keeps the lock, the journals and the evidence of the target's rollouts. */
  store: storeSchema.prefault({ driver: 'folder' }),
  rollout: rolloutOverridesSchema.prefault({}),
  /** Releases in their order; `deploy` without --release ships the one after the live one. */
  releases: z.array(releaseSchema).default([]),
  /** The process that keeps an embedded target running. */
  pid: z.int().positive().optional(),
};

/** The keys with a default in config/service.yaml. */
const serviceKeys = ({ paths, login, answers, identity }: ServiceDefaults) => ({
  paths: z
    .strictObject({
      auth: pathSchema.default(paths.auth),
      api: pathSchema.default(paths.api),
      health: expectationSchema.optional(),
      ready: readySchema.optional(),
    })
    .prefault({}),
  login: loginSchema.default(login),
  answers: answersSchemaWith(answers),
  /** What shows which release an instance runs; src/core/target.ts explains each. */
  identity: identitySchema.default(identity),
});

/** A deployment, where the defaults say what its file does not. */
export const deploymentSchemaWith = (defaults: ServiceDefaults) =>
  z.strictObject({ ...deploymentKeys, ...serviceKeys(defaults) }).superRefine((file, context) => {
    const { defaultEnvironment, environments } = file;
    if (defaultEnvironment !== undefined && !environments[defaultEnvironment])
      context.addIssue({
        code: 'custom',
        path: ['defaultEnvironment'],
        message: `there is no environment ${defaultEnvironment}`,
      });
    const users = Object.keys(file.users ?? usersOfLogin(file.login, defaults.users));
    const found = [
      ...contradictionsIn(file),
      ...platformContradictions(file),
      ...missingCluster(file),
      ...missingUsers(file, users),
    ];
    for (const { path, message } of found) context.addIssue({ code: 'custom', path: [...path], message });
  });
export type DeploymentKeys = z.output<ReturnType<typeof deploymentSchemaWith>>;

export const embeddedFileSchema = z.strictObject({
  name: nameSchema,
  kind: z.literal('embedded'),
  /** Used where the command line names no target. */
  default: z.boolean().default(false),
  embedded: embeddedSchema,
});
