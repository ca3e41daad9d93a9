import { dirname, join } from 'node:path';
import { z } from 'zod';
import { UserError } from '../core/errors.ts';
import type { Expectation, HalfSent } from '../core/service.ts';
import type { ReleaseIdentity } from '../core/target.ts';
import { completeExpectation, expectationSchema } from './expectation-schema.ts';
import { identitySchema } from './identity-schema.ts';
import { readNamedFile } from './read-file.ts';
import {
  type AnswersKey,
  answersSchema,
  halfSentSchema,
  type LoginKey,
  loginSchema,
  usersSchema,
  type UsersKey,
} from './service-schema.ts';
import { pathSchema } from './target-schemas.ts';
import { parseYaml } from './yaml-file.ts';

/** config/service.yaml: what a target file need not say of its service. Paths of files are absolute. */
export interface ServiceDefaults {
  readonly paths: {
    readonly auth: string;
    readonly api: string;
    readonly health: Expectation;
    readonly ready: Expectation;
  };
  readonly login: LoginKey;
  readonly users: UsersKey;
  readonly answers: AnswersKey;
  readonly identity: ReleaseIdentity;
  readonly smoke: {
    readonly postman: string;
    readonly playwright: string;
    readonly users: readonly string[];
    readonly second: readonly string[];
  };
  readonly shutdown: { readonly request: HalfSent };
}

const completeSchema = expectationSchema.transform(completeExpectation);
export const serviceFileSchema = z.strictObject({
  paths: z.strictObject({ auth: pathSchema, api: pathSchema, health: completeSchema, ready: completeSchema }),
  login: loginSchema,
  users: usersSchema,
  answers: answersSchema,
  identity: identitySchema,
  smoke: z.strictObject({
    postman: z.string(),
    playwright: z.string(),
    users: z.array(z.string()),
    second: z.array(z.string()),
  }),
  shutdown: z.strictObject({ request: halfSentSchema }),
});

/** Throws UserError with file, line and key. */
export function parseServiceFile(file: string, text: string): ServiceDefaults {
  const { smoke, ...rest } = parseYaml(file, text, serviceFileSchema, {
    next: ['git diff config/service.yaml   shows what was changed; config/targets/staging.yaml explains the keys'],
  });
  const folder = dirname(file);
  return {
    ...rest,
    smoke: { ...smoke, postman: join(folder, smoke.postman), playwright: join(folder, smoke.playwright) },
  };
}

export async function readServiceFile(projectRoot: string): Promise<ServiceDefaults> {
  const file = join(projectRoot, 'config/service.yaml');
  const text = await readNamedFile(file);
  if (text === undefined) throw new UserError(`There is no file ${file}.`, ['git checkout config/service.yaml']);
  return parseServiceFile(file, text);
}
