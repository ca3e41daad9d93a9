import { z } from 'zod';
import { deploymentStates, type PlatformSettings } from '../core/platform.ts';
import { durationSchema } from './duration.ts';
import { commandWith } from './target-schemas.ts';

/** The key `platform` of a target file; src/core/platform.ts explains each setting. */
const fieldSchema = z.string().regex(/^[^.]+(\.[^.]+)*$/, 'a dotted field: spec.services.0.image.tag');
const words = z.array(z.string().min(1)).min(1, 'at least one word of the platform');

const fieldsSchema = z
  .strictObject({
    deployments: fieldSchema.or(z.literal('')).default('deployments'),
    id: fieldSchema.default('id'),
    release: fieldSchema.default('release'),
    state: fieldSchema.default('state'),
    reason: fieldSchema.default('reason'),
    createdAt: fieldSchema.exactOptional(),
    live: fieldSchema.exactOptional(),
    triggered: fieldSchema.exactOptional(),
  })
  .prefault({});

export const platformSchema = z
  .strictObject({
    driver: z.literal('command'),
    read: commandWith(),
    deploy: commandWith('release', 'version'),
    rollback: commandWith('deployment', 'release', 'version').exactOptional(),
    cancel: commandWith('deployment').exactOptional(),
    fields: fieldsSchema,
    states: z.partialRecord(z.enum(deploymentStates), words).default({}),
    poll: durationSchema.prefault('5s'),
    liveWithin: durationSchema.prefault('20m'),
    answers: z.int().min(1).max(1000).default(10),
    timeout: durationSchema.exactOptional(),
    readTimeout: durationSchema.exactOptional(),
  })
  .transform(({ poll, liveWithin, timeout, readTimeout, ...rest }): PlatformSettings => ({
    ...rest,
    pollMs: poll,
    liveWithinMs: liveWithin,
    ...(timeout === undefined ? {} : { timeoutMs: timeout }),
    ...(readTimeout === undefined ? {} : { readTimeoutMs: readTimeout }),
  }));

interface PlatformTarget {
  readonly platform?: PlatformSettings | undefined;
  readonly router?: object | undefined;
  readonly runtime?: object | undefined;
  readonly environments: { readonly public?: object | undefined };
  readonly identity: { readonly from: string };
  readonly metrics?: { readonly source: { readonly driver: string } } | undefined;
}

/** What a target with a platform cannot have, or has to. */
export function platformContradictions(file: PlatformTarget): { path: readonly string[]; message: string }[] {
  if (!file.platform) return [];
  const found: [condition: boolean, path: readonly string[], message: string][] = [
    [file.router !== undefined, ['router'], 'contradicts `platform`, which replaces the one instance itself'],
    [file.runtime !== undefined, ['runtime'], 'contradicts `platform`, which replaces the one instance itself'],
    [file.environments.public === undefined, ['environments', 'public'], 'is what `platform` replaces, and is missing'],
    [
      file.identity.from === 'runtime',
      ['identity', 'from'],
      'there is no runtime beside `platform`: name a header, a route, a command or none',
    ],
    [
      file.metrics?.source.driver === 'router',
      ['metrics', 'source'],
      'there is no router beside `platform`: scrape, prometheus, or leave it out',
    ],
  ];
  return found.flatMap(([isWrong, path, message]) => (isWrong ? [{ path, message }] : []));
}
