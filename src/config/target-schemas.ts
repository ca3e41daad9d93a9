import { z } from 'zod';
import { argumentProblem } from '../core/placeholders.ts';
import { releaseNameProblem } from '../core/release-name.ts';
import type { Command } from '../core/target.ts';

/** Schemas shared by the parts of a target file. */
export const addressSchema = z
  .url({
    protocol: /^https?$/,
    error: ({ input }) =>
      `${input === undefined ? 'an' : 'not an'} http or https address; write for example https://api.example`,
  })
  // Addresses appear in reports, logs and process lists. A refused value is not repeated: it may hold a password.
  .refine(isBare, 'an address without a user, a password, a query or a fragment')
  .transform((address) => address.replace(/\/+$/, ''));

function isBare(address: string): boolean {
  if (!URL.canParse(address)) return true; // reported by z.url
  const { username, password, search, hash } = new URL(address);
  return [username, password, search, hash].every((part) => part === '');
}

/** `auth`, `/auth/` and `/auth` are the same prefix, `/` is none. */
export const pathSchema = z
  .string()
  .regex(/^\/?([\w.~-]+(\/[\w.~-]+)*)?\/?$/, 'a path: /api/auth, or empty for none')
  .transform((path) => (path.replaceAll('/', '') === '' ? '' : `/${path.replace(/^\/|\/$/g, '')}`));

export const releaseSchema = z.string().superRefine((name, context) => {
  const problem = releaseNameProblem(name);
  if (problem !== undefined) context.addIssue({ code: 'custom', message: `not a release name: ${problem}` });
});

export const commandSchema = z
  .array(z.string())
  .min(1, 'a list: the program and its arguments')
  .transform((argv) => argv as unknown as Command);

/** A command whose arguments may have these placeholders, and no others: a misspelt one would reach the program as it is. */
export const commandWith = (...placeholders: readonly string[]) =>
  commandSchema.superRefine((argv, context) => {
    for (const [index, argument] of argv.entries()) {
      const problem = index === 0 ? undefined : argumentProblem(argument, placeholders);
      if (problem !== undefined) context.addIssue({ code: 'custom', path: [index], message: problem });
    }
  });

/** zod gives `undefined` for an optional key; the plain types want the key absent. */
export const withoutUndefined = <T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
