import { z } from 'zod';
import type { Command } from '../core/target.ts';

/** The words that target files are written in. */
export const addressSchema = z
  .url({ protocol: /^https?$/, error: 'an http or https address' })
  .transform((address) => address.replace(/\/+$/, ''));

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
