import { z } from 'zod';
import { type Format, jsonValuesIn } from './format.ts';

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

/** An entry of a file that was named and not read: `File ignored because of a matching ignore pattern.` */
const isIgnored = ({ messages }: z.output<typeof reportSchema>[number]): boolean =>
  messages.some(
    ({ severity, ruleId, message }) => severity === 1 && ruleId === null && message.startsWith('File ignored '),
  );

/** `eslint --format json`: one entry a file. Warnings are no failures, as for its exit code. */
export const eslintJson: Format = {
  endings: [],
  read: ({ stdout }) => {
    const reports = jsonValuesIn(stdout).flatMap((value) => {
      const parsed = reportSchema.safeParse(value);
      return parsed.success ? [parsed.data] : [];
    });
    if (reports.length === 0) return { problem: 'its output holds no report of ESLint in JSON' };
    const files = reports.flat().filter((file) => !isIgnored(file));
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
