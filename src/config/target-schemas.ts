import { z } from 'zod';
import type { Command } from '../core/target.ts';

/** The words that target files are written in. */
export const addressSchema = z
  .url({ protocol: /^https?$/, error: 'an http or https address' })
  // Addresses stand in reports, logs and process lists. What is refused is not repeated, so that it stays a secret.
  .refine(isBare, 'an address without a user, a password, a query or a fragment')
  .transform((address) => address.replace(/\/+$/, ''));

function isBare(address: string): boolean {
  if (!URL.canParse(address)) return true; // told already
  const { username, password, search, hash } = new URL(address);
  return [username, password, search, hash].every((part) => part === '');
}

export const pathSchema = z
  .string()
  .regex(/^(\/[\w.~-]+)*$/, 'empty, or a path that begins with / and does not end with it');

export const commandSchema = z
  .array(z.string())
  .min(1, 'a list: the program and its arguments')
  .transform((argv) => argv as unknown as Command);

/** zod says `undefined` where a plain type says "absent". */
export const withoutUndefined = <T extends object>(value: T): { [Key in keyof T]: Exclude<T[Key], undefined> } =>
  Object.fromEntries(Object.entries(value).filter(([, each]) => each !== undefined)) as {
    [Key in keyof T]: Exclude<T[Key], undefined>;
  };
