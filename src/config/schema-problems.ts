import type { z } from 'zod';

interface Problem {
  readonly path: readonly string[];
  readonly message: string;
}

/** What is wrong with a value, by its key. */
export const problemsOf = (error: z.core.$ZodError): Problem[] => error.issues.flatMap((issue) => ofIssue(issue, []));

function ofIssue(issue: z.core.$ZodIssue, parents: readonly string[]): Problem[] {
  const path = [...parents, ...issue.path.map(String)];
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, 1).map((key) => ({
      path: [...path, key],
      message: 'no such setting; see the comments in config/ for those that exist',
    }));
  if (issue.code === 'invalid_union') {
    const meant = meantBranch(issue.errors);
    // The words of the schema name every form; a branch alone would name its own.
    const named = meant?.every(isOtherWord) && issue.message !== 'Invalid input';
    if (meant && !named) return meant.flatMap((each) => ofIssue(each, path));
    if (issue.errors.length === 0) return [{ path, message: describe(issue) }];
    const messages = [...new Set(issue.errors.flatMap((errors) => errors.map(describe)))];
    return [{ path, message: issue.message === 'Invalid input' ? messages.join(', or ') : issue.message }];
  }
  return [{ path, message: describe(issue) }];
}

/**
 * A setting may have a short and a long form, and the form that was meant is the one whose type fits: an object with a wrong
 * key is not reported as a text that it is not.
 */
function meantBranch(branches: readonly z.core.$ZodIssue[][]): z.core.$ZodIssue[] | undefined {
  const fitting = branches.filter(
    (issues) => !issues.some((issue) => issue.path.length === 0 && issue.code === 'invalid_type'),
  );
  const [only, ...others] = fitting.length > 1 ? fitting.filter((issues) => !issues.some(isOtherWord)) : fitting;
  return others.length === 0 ? only : undefined;
}

/** The value is none of the words of a short form. */
const isOtherWord = (issue: z.core.$ZodIssue): boolean => issue.path.length === 0 && issue.code === 'invalid_value';

const types: Readonly<Record<string, string>> = {
  string: 'a text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'keys with values',
  record: 'keys with values',
};

/** What is wrong, in the words of a file. A schema's own words stay. */
function describe(issue: z.core.$ZodIssue): string {
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input')) {
    const expected = types[issue.expected] ?? issue.expected;
    if (/received undefined/.test(issue.message)) return `is missing: ${expected} is expected`;
    // YAML reads `1.5` and `012345` as numbers where a text is expected.
    if (issue.expected === 'string' && /received number/.test(issue.message))
      return 'a text is expected and YAML reads a number: put it in quotes';
    return `${expected} is expected, not ${types[/received (\w+)/.exec(issue.message)?.[1] ?? ''] ?? 'this'}`;
  }
  return issue.message;
}
