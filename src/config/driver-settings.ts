import { z } from 'zod';
import { argumentProblem } from '../core/placeholders.ts';
import { kubernetesName } from './cluster-schema.ts';
import { durationSchema } from './duration.ts';
import { addressSchema, commandWith } from './target-schemas.ts';

/** The settings of each driver in a target file; src/core/drivers.ts says what they mean. */
const name = z.string().regex(/^[A-Za-z0-9][\w.-]*$/, 'letters, digits, dots, dashes');

const socketSchema = z.union([
  z.string().min(1),
  z.strictObject({ host: z.string().min(1), port: z.int().min(1).max(65_535) }),
]);

/** Time limits of a driver's commands; each driver has its own defaults. */
const limits = { timeout: durationSchema.exactOptional(), readTimeout: durationSchema.exactOptional() };

function limitsInMs<T extends { timeout?: number; readTimeout?: number }>({ timeout, readTimeout, ...rest }: T) {
  return {
    ...rest,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(readTimeout === undefined ? {} : { readTimeoutMs: readTimeout }),
  };
}

/** Names of servers, `*` for any characters. */
const serversSchema = z
  .array(z.string().regex(/^[\w.*-]+$/, 'the name of a server, * for any characters'))
  .min(1, 'at least one server');

/** `registry.example/freetask:{version}`. */
const imageSchema = z.string().superRefine((image, context) => {
  const problem = argumentProblem(image, ['release', 'version']);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: problem });
  else if (!/\{(release|version)\}/.test(image))
    context.addIssue({
      code: 'custom',
      message: 'names no {release} and no {version}, so every release would be the same',
    });
});

const shareProbeSchema = z.strictObject({
  url: addressSchema,
  header: z.string().regex(/^[\w-]+$/, 'the name of a header'),
  answers: z.int().min(20).max(10_000).exactOptional(),
});

export const routerSchema = z.discriminatedUnion('driver', [
  z
    .strictObject({
      driver: z.literal('haproxy'),
      socket: socketSchema,
      backend: name,
      frontends: z.array(name).exactOptional(),
      servers: z.strictObject({ blue: serversSchema, green: serversSchema }).exactOptional(),
      spare: z.array(name).default([]),
      affinity: z.enum(['none', 'cookie']).default('none'),
      stateFile: z.string().min(1).exactOptional(),
      timeout: limits.timeout,
    })
    .transform(limitsInMs),
  z
    .strictObject({
      driver: z.literal('command'),
      read: commandWith(),
      set: commandWith('blue', 'green'),
      member: commandWith('member', 'state').exactOptional(),
      ...limits,
    })
    .transform(limitsInMs),
  z
    .strictObject({
      driver: z.literal('gateway-api'),
      route: kubernetesName,
      rule: z.int().min(0).default(0),
      backends: z.strictObject({ blue: kubernetesName, green: kubernetesName }),
      probe: shareProbeSchema,
      ignoredManagers: z.array(z.string().min(1)).exactOptional(),
      timeout: limits.timeout,
    })
    .transform(limitsInMs),
  z
    .strictObject({
      driver: z.literal('service-selector'),
      service: kubernetesName,
      selector: z
        .strictObject({ label: z.string().min(1), blue: z.string().min(1), green: z.string().min(1) })
        .exactOptional(),
      probe: shareProbeSchema,
      timeout: limits.timeout,
    })
    .transform(limitsInMs),
]);

const place = {
  name,
  colour: z.enum(['blue', 'green']),
  zone: name.exactOptional(),
  surge: z.boolean().default(false),
  address: addressSchema,
};
const placesSchema = z.array(z.strictObject(place)).min(1, 'at least one place for an instance');

export const runtimeSchema = z.discriminatedUnion('driver', [
  z.strictObject({
    driver: z.literal('process'),
    folder: z.string().min(1),
    command: commandWith('place', 'colour', 'release', 'port'),
    env: z
      .record(z.string().regex(/^[A-Z_][A-Z0-9_]*$/, 'the name of an environment variable'), z.string())
      .default({}),
    places: placesSchema,
  }),
  z
    .strictObject({
      driver: z.literal('docker-compose'),
      compose: commandWith().prefault(['docker', 'compose']),
      docker: commandWith().prefault(['docker']),
      file: z.string().min(1),
      project: name,
      places: z.array(z.strictObject({ ...place, service: name })).min(1, 'at least one place for an instance'),
      ...limits,
    })
    .transform(limitsInMs),
  z
    .strictObject({
      driver: z.literal('command'),
      read: commandWith(),
      start: commandWith('place', 'release'),
      stop: commandWith('place', 'graceSeconds'),
      places: placesSchema,
      ...limits,
    })
    .transform(limitsInMs),
  z
    .strictObject({
      driver: z.literal('kubernetes'),
      deployments: z.strictObject({ blue: kubernetesName, green: kubernetesName.exactOptional() }),
      container: kubernetesName.exactOptional(),
      image: imageSchema.exactOptional(),
      annotation: z.string().min(1).exactOptional(),
      port: z.union([z.int().min(1).max(65_535), kubernetesName]).exactOptional(),
      ...limits,
    })
    .transform(limitsInMs),
]);

export const storeSchema = z.discriminatedUnion('driver', [
  z.strictObject({ driver: z.literal('folder'), folder: z.string().min(1).exactOptional() }),
  z.strictObject({
    driver: z.literal('postgres'),
    databaseUrl: z.string().regex(/^postgres(ql)?:\/\//, 'an address that starts with postgres://'),
    schema: z
      .string()
      .regex(/^[a-z_][a-z0-9_]*$/, 'the name of a schema')
      .default('shiproom'),
  }),
  z.strictObject({ driver: z.literal('kubernetes') }),
]);

export const migrationsSchema = z.discriminatedUnion('driver', [
  z
    .strictObject({
      driver: z.literal('command'),
      status: commandWith('release'),
      up: commandWith('release'),
      down: commandWith('id', 'release'),
      lock: z
        .strictObject({
          timeout: durationSchema.prefault('2s'),
          retries: z.int().min(0).max(100).default(4),
          pause: durationSchema.prefault('3s'),
        })
        .transform(({ timeout, retries, pause }) => ({ timeoutMs: timeout, retries, pauseMs: pause }))
        .exactOptional(),
      ...limits,
    })
    .transform(limitsInMs),
  z
    .strictObject({
      driver: z.literal('sql-files'),
      folder: z.string().min(1),
      databaseUrl: z.string().regex(/^postgres(ql)?:\/\//, 'an address that starts with postgres://'),
      table: z
        .string()
        .regex(/^[a-z_][a-z0-9_.]*$/, 'the name of a table')
        .default('shiproom_migrations'),
      lock: z
        .strictObject({
          timeout: durationSchema.prefault('2s'),
          retries: z.int().min(0).max(100).default(4),
          pause: durationSchema.prefault('3s'),
          otherRun: durationSchema.prefault('8s'),
        })
        .prefault({}),
      concurrentTimeout: durationSchema.prefault('15m'),
      outOfOrder: z.enum(['refuse', 'apply']).default('refuse'),
    })
    .transform(({ lock, concurrentTimeout, ...rest }) => ({
      ...rest,
      lockTimeoutMs: lock.timeout,
      lockRetries: lock.retries,
      lockPauseMs: lock.pause,
      otherRunMs: lock.otherRun,
      concurrentTimeoutMs: concurrentTimeout,
    })),
]);
