import { z } from 'zod';
import { isClauseId } from '../core/sop.ts';
import type { SopTests, TestReference } from '../core/sop-coverage.ts';
import { parseYaml } from './yaml-file.ts';

const clauseSchema = z.string().refine(isClauseId, 'a clause of the SOP, in quotes: "2.B4"');

const referenceSchema = z
  .string('a test: tests/e2e/deploy.test.ts > ships a release')
  .transform((text, context): TestReference => {
    const [file = '', ...title] = text.split(' > ');
    if (/^tests\/.+\.test\.tsx?$/.test(file) && title.length > 0) return { file, title: title.join(' > ') };
    context.addIssue({ code: 'custom', message: 'a test: tests/e2e/deploy.test.ts > ships a release' });
    return z.NEVER;
  });

const testsSchema = z.strictObject({
  green: z.array(referenceSchema).default([]),
  red: z.array(referenceSchema).default([]),
});

const fileSchema = z.record(clauseSchema, testsSchema);

/** tests/sop.yaml: the tests of each clause. Throws UserError with file, line and key. */
export const parseSopFile = (file: string, text: string): SopTests =>
  parseYaml(file, text, fileSchema, { next: ['git diff tests/sop.yaml   shows what was changed'] });

const outcomesSchema = z.object({
  testResults: z.array(
    z.object({
      name: z.string(),
      assertionResults: z.array(
        z.object({ ancestorTitles: z.array(z.string()), title: z.string(), status: z.string() }),
      ),
    }),
  ),
});

/** The JSON report of Vitest; files are relative to `root`. Throws UserError for anything else. */
export const parseTestReport = (file: string, text: string, root: string) =>
  parseYaml(file, text, outcomesSchema, {
    next: ['CI=true npx vitest run   writes reports/vitest.json'],
  }).testResults.flatMap(({ name, assertionResults }) =>
    assertionResults.map(({ ancestorTitles, title, status }) => ({
      file: name.startsWith(`${root}/`) ? name.slice(root.length + 1) : name,
      title: [...ancestorTitles, title].join(' > '),
      passed: status === 'passed',
    })),
  );
