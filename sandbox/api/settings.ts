import { join } from 'node:path';
import { z } from 'zod';
import { releases, type Defects } from '../releases.ts';

const share = z.number().gt(0).max(1);
const milliseconds = z.number().int().positive();

const defectsSchema: z.ZodType<Defects> = z.strictObject({
  slow: z.strictObject({ usualMs: milliseconds, tailMs: milliseconds, tailShare: share }).exactOptional(),
  readErrorRate: share.exactOptional(),
  errorRate: share.exactOptional(),
  paymentDeclineRate: share.exactOptional(),
  chatOpen: z.boolean().exactOptional(),
  otpReusable: z.boolean().exactOptional(),
  releaseRepeats: z.boolean().exactOptional(),
  bidUnchecked: z.boolean().exactOptional(),
  readinessFlaps: z.strictObject({ readyMs: milliseconds, notReadyMs: milliseconds }).exactOptional(),
  healthLies: z.boolean().exactOptional(),
  leakedBytesPerRequest: z.number().int().positive().exactOptional(),
  shutdownDrops: z.boolean().exactOptional(),
});

const json = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue('is not JSON');
    return z.NEVER;
  }
});

/** The schema that a release needs is known by its name, so an unknown name cannot start. */
const knownRelease = z.string().transform((name, context) => {
  const release = releases.find((candidate) => candidate.name === name);
  if (release) return release;
  context.addIssue(`is not in the catalogue: ${name}`);
  return z.NEVER;
});

const prefix = z.string().regex(/^(\/[\w-]+)*$/, 'starts with a slash and ends without one');

const environment = z
  .object({
    HOST: z.string().default('127.0.0.1'),
    PORT: z.coerce.number().int().min(0).max(65_535),
    DATABASE_URL: z.string().min(1),
    APP_RELEASE: knownRelease,
    APP_COLOR: z.enum(['blue', 'green']),
    APP_INSTANCE: z.string().default('1'),
    AUTH_PREFIX: prefix.default('/auth'),
    API_PREFIX: prefix.default(''),
    JWT_SECRET: z.string().min(16),
    SENTRY_DSN: z.string().optional(),
    WEB_ROOT: z.string().optional(),
    /** A folder with one web client for each variant; the release selects its own. */
    WEB_ROOTS: z.string().optional(),
    /** Where the images of the sandbox are. */
    IMAGES: z.string().optional(),
    SHUTDOWN_DELAY_MS: z.coerce.number().int().min(0).default(0),
    /** Replaces the defects of the release's catalogue entry. */
    DEFECTS: json.pipe(defectsSchema).optional(),
  })
  .transform((env) => ({
    host: env.HOST,
    port: env.PORT,
    databaseUrl: env.DATABASE_URL,
    release: { name: env.APP_RELEASE.name, schema: env.APP_RELEASE.schema },
    color: env.APP_COLOR,
    instance: env.APP_INSTANCE,
    authPrefix: env.AUTH_PREFIX,
    apiPrefix: env.API_PREFIX,
    jwtSecret: env.JWT_SECRET,
    sentryDsn: env.SENTRY_DSN,
    webRoot: env.WEB_ROOT ?? (env.WEB_ROOTS === undefined ? undefined : join(env.WEB_ROOTS, env.APP_RELEASE.web)),
    images: env.IMAGES,
    shutdownDelayMs: env.SHUTDOWN_DELAY_MS,
    defects: env.DEFECTS ?? env.APP_RELEASE.defects,
  }));

export type Settings = z.infer<typeof environment>;

export function readSettings(env: NodeJS.ProcessEnv): Settings {
  const parsed = environment.safeParse(env);
  if (parsed.success) return parsed.data;
  throw new Error(`cannot start: ${z.prettifyError(parsed.error)}`);
}
