import { z } from 'zod';
import { durationSchema } from './duration.ts';
import { commandWith, pathSchema } from './target-schemas.ts';

/** How users log in and what answers look like; src/core/service.ts explains each setting. */
export const otpSchema = z.discriminatedUnion('from', [
  z.strictObject({ from: z.literal('response') }),
  z.strictObject({ from: z.literal('fixed'), code: z.string().regex(/^\d{6}$/, 'six digits') }),
  z.strictObject({ from: z.literal('command'), command: commandWith('email') }),
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
    command: commandWith('user', 'email').exactOptional(),
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

/** Every key, as config/service.yaml has them. */
export const answersSchema = z.strictObject({
  envelope: z.union(
    [z.literal('bare'), z.string().regex(/^[\w-]+$/, 'bare, or the name of the field')],
    'bare, or the name of the field',
  ),
  requestIdHeader: noneOr(headerSchema),
  error: z.strictObject({
    code: noneOr(fieldSchema),
    message: noneOr(fieldSchema),
    details: noneOr(fieldSchema),
    requestId: noneOr(fieldSchema),
  }),
});

export type AnswersKey = z.output<typeof answersSchema>;

/** What a target file does not say of the answers is as in the defaults. */
export const answersSchemaWith = ({ envelope, requestIdHeader, error: defaults }: AnswersKey) => {
  const { error } = answersSchema.shape;
  const { code, message, details, requestId } = error.shape;
  return z
    .strictObject({
      envelope: answersSchema.shape.envelope.default(envelope),
      requestIdHeader: answersSchema.shape.requestIdHeader.default(requestIdHeader),
      error: z
        .strictObject({
          code: code.default(defaults.code),
          message: message.default(defaults.message),
          details: details.default(defaults.details),
          requestId: requestId.default(defaults.requestId),
        })
        .prefault({}),
    })
    .prefault({});
};

/** A request whose second half is sent after an instance was stopped. */
export const halfSentSchema = z
  .strictObject({
    route: z.string().regex(/^(POST|PUT|PATCH) \/\S*$/, 'a method that has a body, and a path: POST /orders'),
    as: z.string().exactOptional(),
    body: z.record(z.string(), z.unknown()),
    status: z.int().min(200, 'an HTTP status').max(499, 'an HTTP status'),
  })
  .transform(({ route, as, body, status }) => {
    const [method = '', path = ''] = route.split(' ');
    return { method, path, body, status, ...(as === undefined ? {} : { as }) };
  });

export const absentSchema = z.array(
  z
    .string()
    .regex(/^(?:(?:GET|POST|PUT|PATCH|DELETE) )?\/\S+$/, 'a route without the prefixes: `POST /reviews`, or /wallet'),
);

export type LoginKey = z.output<typeof loginSchema>;
export type UsersKey = z.output<typeof usersSchema>;
