import { z } from 'zod';
import { commitMethods } from '../core/tracked-release.ts';
import { durationSchema } from './duration.ts';
import { addressSchema } from './target-schemas.ts';

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable, not its value');

/** The value itself would be in the file, so only its name is accepted. */
export const tokenSchema = z.union([variableName, z.literal(false)], {
  error: 'the name of an environment variable, or false for a service that asks for no token',
});

export const slackSchema = z.union(
  [
    z
      .strictObject({
        token: tokenSchema,
        channel: z.string().regex(/^[CDG][A-Z0-9]{8,}$/, 'the id of a channel, such as C0123456789'),
        url: addressSchema.default('https://slack.com/api'),
      })
      .transform(({ url, ...rest }) => ({ driver: 'slack' as const, ...rest, url: `${url}/` })),
    z
      .strictObject({ webhook: variableName })
      .transform(({ webhook }) => ({ driver: 'slack-webhook' as const, webhook })),
  ],
  {
    error:
      '{ token: NAME, channel: C0123456789 } or { webhook: NAME }: names of environment variables, and the id of a channel',
  },
);

const githubSchema = z
  .strictObject({
    token: tokenSchema,
    repository: z.string().regex(/^[\w.-]+\/[\w.-]+$/, 'owner/repository'),
    labels: z.array(z.string().min(1).max(50)).default(['retro']),
    url: addressSchema.default('https://api.github.com'),
  })
  .transform(({ repository, ...rest }) => {
    const [owner = '', name = ''] = repository.split('/');
    return { driver: 'github' as const, ...rest, owner, repository: name };
  });

/** An address with placeholders in braces. */
export const patternedAddressSchema = z.string().regex(/^https?:\/\/[^\s<>|"]+$/, 'an http or https address');

/** Whom a rollback informs (4.2.4). */
export const incidentSchema = z
  .strictObject({
    slack: slackSchema.exactOptional(),
    github: githubSchema.exactOptional(),
    /** {run} is replaced by the id of the run. */
    reportUrl: patternedAddressSchema.exactOptional(),
    /** How long what failed is tried again after a rollback. */
    retryFor: durationSchema.prefault('1m'),
  })
  .refine(({ slack, github }) => slack !== undefined || github !== undefined, 'slack or github');

/** Where releases and their deploys are recorded (1.4a, 3.3a, 4.2.5), and whose alert rules are read (1.4b). */
export const sentrySchema = z
  .strictObject({
    url: addressSchema.default('https://sentry.io'),
    org: z.string().regex(/^[\w-]+$/, 'the slug of an organisation'),
    project: z.string().regex(/^[\w-]+$/, 'the slug of a project'),
    token: tokenSchema,
    /** What Sentry calls this target where a rule measures one environment; the target's name by default. */
    environment: z.string().min(1).max(64).exactOptional(),
    /** Name of the repository in Sentry. */
    repository: z
      .string()
      .regex(/^[^\s@]+$/, 'the name of a repository in Sentry, such as owner/repository')
      .exactOptional(),
    commits: z
      .strictObject({
        /** Of the repository, relative to the target file. */
        folder: z.string().min(1),
        tag: z
          .string()
          .regex(/^[^{}]*\{release\}[^{}]*$/, 'a pattern with {release}')
          .default('{release}'),
        method: z.enum(commitMethods).default('range'),
      })
      .exactOptional(),
  })
  .refine(({ repository, commits }) => (repository === undefined) === (commits === undefined), {
    path: ['commits'],
    error: '`repository` and `commits` go together',
  })
  .transform((settings) => ({ driver: 'sentry' as const, ...settings }));
