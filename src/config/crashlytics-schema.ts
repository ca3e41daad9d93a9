import { z } from 'zod';
import type { CrashlyticsSettings } from '../core/crashes.ts';
import { tokenSchema } from './courtesy-schema.ts';
import { addressSchema } from './target-schemas.ts';

const variableName = z.string().regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable, not its value');

/** Where crashes of the app are read (3.3b); src/core/crashes.ts explains each. */
export const crashlyticsSchema = z.union(
  [
    z.strictObject({ off: z.string().min(1, 'the reason') }),
    z
      .strictObject({
        app: z.string().regex(/^\d+:\d+:(android|ios|web):[0-9a-f]+$/i, 'the id of an app, such as 1:123:android:abc'),
        version: z
          .string()
          .regex(/^(?:[^{}]|\{(?:release|version|build)\})+$/, 'a pattern of {release}, {version} and {build}'),
        token: tokenSchema.exactOptional(),
        /** Name of the variable with the path of a service account's key file. */
        credentials: variableName.exactOptional(),
        url: addressSchema.default('https://firebasecrashlytics.googleapis.com'),
      })
      .refine(
        ({ token, credentials }) => (token === undefined) !== (credentials === undefined),
        'either token or credentials',
      )
      .transform(({ app, version, url, token, credentials }): CrashlyticsSettings => ({
        app,
        version,
        url,
        auth: credentials === undefined ? { token: token ?? false } : { credentials },
      })),
  ],
  {
    error:
      '{ app: 1:123:android:abc, version: "{version} ({build})", token: NAME } with credentials: NAME instead of token, or { off: REASON }',
  },
);
