import type { z } from 'zod';
import { nearest } from '../core/nearest.ts';

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys to values',
  record: 'a mapping of keys to values',
  null: 'an empty value',
  NaN: 'a value that is no number',
  Infinity: 'an infinite number',
};

/** The value itself is refused; `custom` may be about the absence of another key. */
const typed: ReadonlySet<string> = new Set(['invalid_type', 'invalid_union', 'invalid_value', 'invalid_format']);

/** What is wrong with a value and what is expected, in the words of a file. A schema's own words stay. */
export function describeIssue(issue: z.core.$ZodIssue, value: unknown): string {
  if (!/^(Invalid|Too |Unrecognized)/.test(issue.message))
    return value === undefined && typed.has(issue.code) ? `is missing: ${issue.message}` : issue.message;
  switch (issue.code) {
    case 'invalid_type':
      return describeType(issue, value);
    case 'invalid_value':
      return describeWords(issue.values.map(String), value);
    case 'invalid_union':
      return 'options' in issue && Array.isArray(issue.options)
        ? describeWords(issue.options.map(String), value)
        : 'none of the forms that this setting has';
    case 'invalid_key':
      return issue.issues.map((each) => describeIssue(each, value)).join(', ');
    case 'too_small':
    case 'too_big':
      return describeSize(issue);
    default:
      return issue.message;
  }
}

function describeType({ expected, message }: z.core.$ZodIssueInvalidType, value: unknown): string {
  const wanted = types[expected] ?? expected;
  if (value === undefined || message.includes('received undefined')) return `is missing: ${wanted} is expected`;
  const received = /received (\w+)/.exec(message)?.[1] ?? '';
  // YAML reads `1.5` and `012345` as numbers where a text is expected.
  if (expected === 'string' && received === 'number')
    return 'a text is expected and YAML reads a number: put it in quotes';
  if (expected === 'int' && received === 'number') return 'a whole number is expected';
  return `${wanted} is expected, not ${types[received] ?? 'this'}`;
}

function describeWords(words: readonly string[], value: unknown): string {
  const list = words.length === 1 ? (words[0] ?? '') : `one of ${words.join(', ')}`;
  if (value === undefined) return `is missing: ${list} is expected`;
  const meant = typeof value === 'string' ? nearest(value, words) : undefined;
  return `${list} is expected${meant === undefined ? '' : `; did you mean ${meant}?`}`;
}

function describeSize(issue: z.core.$ZodIssueTooSmall | z.core.$ZodIssueTooBig): string {
  const { origin, inclusive } = issue;
  const limit = String(issue.code === 'too_small' ? issue.minimum : issue.maximum);
  const [open, closed] = issue.code === 'too_small' ? ['above', 'at least'] : ['below', 'at most'];
  const bound = `${inclusive === false ? open : closed} ${limit}`;
  if (origin === 'string') return limit === '1' ? 'a text that is not empty is expected' : `${bound} characters`;
  if (origin === 'array') return limit === '1' ? 'at least one entry is expected' : `${bound} entries`;
  return `a ${origin === 'int' ? 'whole ' : ''}number ${bound} is expected`;
}
