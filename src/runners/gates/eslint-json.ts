import { z } from 'zod';
import { type Format, jsonIn } from './format.ts';

const count = z.int().min(0);
const reportSchema = z.array(
  z.object({
    filePath: z.string(),
    errorCount: count,
    messages: z.array(
      z.object({
        severity: z.int(),
        message: z.string(),
        ruleId: z.string().nullable(),
        line: z.number().optional(),
        column: z.number().optional(),
      }),
    ),
  }),
);

/** `eslint --format json`: one entry a file that it read. Warnings are no failures, as for its exit code. */
export const eslintJson: Format = {
  endings: [],
  read: ({ stdout }) => {
    const parsed = reportSchema.safeParse(jsonIn(stdout));
    if (!parsed.success) return { problem: 'its output holds no report of ESLint in JSON' };
    const files = parsed.data;
    const errors = files.flatMap(({ filePath, messages }) =>
      messages.filter(({ severity }) => severity === 2).map((message) => ({ filePath, ...message })),
    );
    const [first] = errors;
    return {
      ran: files.length,
      failed: files.reduce((sum, { errorCount }) => sum + errorCount, 0),
      skipped: 0,
      ...(first
        ? {
            firstFailure: `${first.filePath}:${first.line ?? 0}:${first.column ?? 0} ${first.message} (${first.ruleId ?? 'syntax'})`,
          }
        : {}),
    };
  },
};
