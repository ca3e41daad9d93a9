import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { commandSchema, pathSchema } from './target-schemas.ts';

/** How users log in and what answers look like; src/core/service.ts explains each setting. */
export const otpSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('response') }),
  z.strictObject({ from: z.literal('fixed'), code: z.string().regex(/^\d{6}$/, 'six digits') }),
  z.strictObject({ from: z.literal('command'), command: commandSchema }),
]);

const fieldSchema = z.string().regex(/^[\w-]+(\.[\w-]+)*$/, 'the name of a field, dotted where it is inside another');
const headerSchema = z.string().regex(/^[\w-]+$/, 'the name of a header');

const refreshSchema = z.union([z.literal('none'), pathSchema], 'none, or a path').exactOptional();
const lifeSchema = durationSchema.prefault('15m');
const tokens = {
  accessToken: fieldSchema.default('accessToken'),
  /** `none`: there are no refresh tokens. */
  refreshToken: fieldSchema.default('refreshToken'),
  tokenLife: lifeSchema,
};

const loginKindSchema = z.discriminatedUnion('with', [
  z.strictObject({
    with: z.literal('otp'),
    request: pathSchema.exactOptional(),
    verify: pathSchema.exactOptional(),
    refresh: refreshSchema,
    ...tokens,
  }),
  z.strictObject({
    with: z.literal('password'),
    path: pathSchema.exactOptional(),
    refresh: refreshSchema,
    /** Of every user that has none of its own. */
    password: z.string().min(1, 'the password').exactOptional(),
    userField: fieldSchema.default('email'),
    passwordField: fieldSchema.default('password'),
    ...tokens,
  }),
  z.strictObject({
    with: z.literal('token'),
    command: commandSchema.exactOptional(),
    refresh: refreshSchema,
    tokenLife: lifeSchema,
  }),
  z.strictObject({ with: z.literal('none') }),
]);

export const loginSchema = z.union([
  z
    .enum(['otp', 'password', 'token', 'none'], 'otp, password, token or none')
    .transform((kind) => ({ with: kind }))
    .pipe(loginKindSchema),
  loginKindSchema,
]);

const userSchema = z.union([
  z.email('an e-mail address').transform((email) => ({ email })),
  z
    .strictObject({
      email: z.email('an e-mail address').exactOptional(),
      /** Where users do not log in with an e-mail address. */
      username: z.string().min(1, 'the user name').exactOptional(),
      password: z.string().min(1, 'the password').exactOptional(),
      token: z.string().min(1, 'the token').exactOptional(),
    })
    .refine((user) => user.email === undefined || user.username === undefined, {
      path: ['username'],
      error: 'a user has an `email` or a `username`',
    }),
]);

export const usersSchema = z.record(
  z.string().regex(/^[a-z][A-Za-z0-9]*$/, 'the name of a user, such as client2'),
  userSchema,
);

const noneOr = (schema: z.ZodString) => z.union([z.literal('none'), schema]);

export const answersSchema = z.strictObject({
  envelope: z
    .union([z.literal('bare'), z.string().regex(/^[\w-]+$/, 'bare, or the name of the field')])
    .default('data'),
  requestIdHeader: noneOr(headerSchema).default('X-Request-Id'),
  error: z
    .strictObject({
      code: noneOr(fieldSchema).default('none'),
      message: noneOr(fieldSchema).default('error.message'),
      details: noneOr(fieldSchema).default('error.details'),
      requestId: noneOr(fieldSchema).default('requestId'),
    })
    .prefault({}),
});

export const absentSchema = z.array(
  z
    .string()
    .regex(/^(?:(?:GET|POST|PUT|PATCH|DELETE) )?\/\S+$/, 'a route without the prefixes: `POST /reviews`, or /wallet'),
);

export type LoginKey = z.output<typeof loginSchema>;
export type UsersKey = z.output<typeof usersSchema>;
export type AnswersKey = z.output<typeof answersSchema>;
