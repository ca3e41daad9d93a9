import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';
import { describeIssue } from './issue-text.ts';
import { knownKeys, memberOf } from './known-keys.ts';

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
  /** What to type, where it is known. */
  readonly next?: string;
}

/** What was parsed, by which schema. */
interface Parsed {
  readonly schema: z.ZodType;
  readonly value: unknown;
}

/** What is wrong with a value, by its key. */
export function problemsOf(error: z.core.$ZodError, parsed: Parsed): Problem[] {
  const problems = error.issues
    .flatMap((issue) => ofIssue(issue, [], parsed))
    .map((problem) => misspeltFor(problem, parsed) ?? problem);
  return problems.filter(
    ({ path }, index) => problems.findIndex((each) => each.path.join('.') === path.join('.')) === index,
  );
}

/** The key that is there in the place of one that is missing. */
function misspeltFor({ path, message }: Problem, parsed: Parsed): Problem | undefined {
  const [parent, missing] = [path.slice(0, -1), path.at(-1)];
  const held = valueAt(parsed.value, parent);
  if (missing === undefined || !message.startsWith('is missing') || typeof held !== 'object' || held === null)
    return undefined;
  const known = knownKeys(parsed.schema, parent, held);
  const written = Object.keys(held).find((key) => !known.includes(key) && nearest(key, known) === missing);
  return written === undefined ? undefined : unknownKey(parent, written, known);
}

function ofIssue(issue: z.core.$ZodIssue, parents: readonly string[], parsed: Parsed): Problem[] {
  const path = [...parents, ...issue.path.map(String)];
  const describe = (each: z.core.$ZodIssue) =>
    describeIssue(each, valueAt(parsed.value, [...path, ...(each === issue ? [] : each.path.map(String))]));
  if (issue.code === 'unrecognized_keys')
    return issue.keys
      .slice(0, 5)
      .map((key) => unknownKey(path, key, knownKeys(parsed.schema, path, valueAt(parsed.value, path))));
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors);
    // The words of the schema name every form; a branch alone would name its own.
    const named = meant?.every(isOtherWord) && issue.message !== 'Invalid input';
    if (meant && !named) return meant.flatMap((each) => ofIssue(each, path, parsed));
    if (issue.errors.length === 0) return [{ path, message: describe(issue) }];
    const messages = [...new Set(issue.errors.flatMap((errors) => errors.map(describe)))];
    return [{ path, message: issue.message === 'Invalid input' ? messages.join(', or ') : describe(issue) }];
  }
  return [{ path, message: describe(issue) }];
}

/** More keys than these are listed by the comments of the file. */
const listedKeys = 16;

function unknownKey(path: readonly string[], key: string, known: readonly string[]): Problem {
  const meant = nearest(key, known);
  const list =
    known.length > 0 && known.length <= listedKeys
      ? `the settings here are ${known.join(', ')}`
      : 'see the comments in config/ for those that exist';
  return {
    path: [...path, key],
    message: `no such setting${meant === undefined ? '' : `; did you mean ${meant}?`}; ${list}`.replace('?;', '?'),
    ...(meant === undefined ? {} : { next: `${meant}: …   instead of ${key}` }),
  };
}

const valueAt = (value: unknown, path: readonly string[]): unknown =>
  path.reduce<unknown>((held, key) => memberOf(held, key), value);

/**
 * A setting may have a short and a long form, and the form that was meant is the one whose type fits: an object with a wrong
 * key is not reported as a text that it is not.
 */
function meantBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type'),
  );
  const words = fitting.length > 1 ? fitting.filter((issues) => !issues.some(isOtherWord)) : fitting;
  // Of two forms with keys, the one that knows most of the keys that are there.
  const fewest = Math.min(...words.map(strangeKeys));
  const [only, ...others] = words.filter((issues) => strangeKeys(issues) === fewest);
  return others.length === 0 ? only : undefined;
}

const strangeKeys = (issues: readonly z.core.$ZodIssue[]): number =>
  issues.reduce(
    (sum, issue) => sum + (issue.code === 'unrecognized_keys' && issue.path.length === 0 ? issue.keys.length : 0),
    0,
  );

/** The value is none of the words of a short form. */
const isOtherWord = (issue: z.core.$ZodIssue): boolean => issue.path.length === 0 && issue.code === 'invalid_value';
