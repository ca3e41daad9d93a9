import { z } from 'zod';
import type { OtpDelivery } from '../../core/target.ts';

/** What the runner asks of the child; it travels by a private file, because a fixed OTP may be in it. */
export interface ChildQuestion {
  readonly collection: string;
  readonly environmentFile?: string;
  /** They win over the collection's and the environment's. */
  readonly variables: Readonly<Record<string, string>>;
  readonly otp: OtpDelivery;
  readonly report: string;
  readonly sessionsFile: string;
  readonly emails: { readonly client: string; readonly freelancer: string };
  readonly timeoutMs: number;
  readonly requestTimeoutMs: number;
}

const executionSchema = z.object({
  itemId: z.string(),
  name: z.string(),
  startedAt: z.string(),
  durationMs: z.number(),
  method: z.string(),
  url: z.string(),
  status: z.number().optional(),
  requestId: z.string().optional(),
  release: z.string().optional(),
  requestError: z.string().optional(),
  scriptErrors: z.array(z.string()),
  assertions: z.array(
    z.object({ name: z.string(), ok: z.boolean(), skipped: z.boolean(), message: z.string().optional() }),
  ),
});

/** What the child leaves behind: names, times and ids, but no header and no body, so that no token gets into a report. */
export const childReportSchema = z.object({
  error: z.string().optional(),
  items: z.array(z.object({ id: z.string(), name: z.string(), folder: z.string() })),
  executions: z.array(executionSchema),
  failures: z.array(z.string()),
});
export type ChildReport = z.infer<typeof childReportSchema>;
export type ChildExecution = ChildReport['executions'][number];
