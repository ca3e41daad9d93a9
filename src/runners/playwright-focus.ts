import type { PlaywrightReport } from './playwright-child/contract.ts';

/** `a.spec.ts:3 is focused with .only, so 3 tests of 2 files did not run`; undefined where no test is. */
export function focusedTests({ tests }: PlaywrightReport): string | undefined {
  const [first] = tests.filter(({ focused }) => focused);
  if (!first) return undefined;
  const hidden = tests.filter(({ focused }) => !focused);
  const files = new Set(hidden.map(({ file }) => file)).size;
  const rest =
    hidden.length === 0 ? '' : `, so ${plural(hidden.length, 'test')} of ${plural(files, 'file')} did not run`;
  return `${first.file}:${first.line} is focused with .only${rest}`;
}

const plural = (count: number, one: string): string => `${count} ${one}${count === 1 ? '' : 's'}`;
