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
    if (meant) return meant.flatMap((each) => ofIssue(each, path));
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

/** YAML reads `1.5` and `012345` as numbers where a text is expected. */
const describe = (issue: z.core.$ZodIssue): string =>
  issue.code === 'invalid_type' && issue.expected === 'string' && /received number/.test(issue.message)
    ? 'a text is expected and YAML reads a number: put it in quotes'
    : issue.message;
