import { z } from 'zod';
import { messageOf } from '../core/errors.ts';
import { parseJson } from '../core/parsed-json.ts';
import { parseMetricValue } from './prometheus-text.ts';
import type { Clock } from '../system/clock.ts';
import { ask, type HttpAnswer } from '../system/http.ts';

/** The samples of one series as Prometheus scraped them, oldest first. */
export interface SampledSeries {
  readonly labels: Readonly<Record<string, string>>;
  readonly samples: readonly { readonly atMs: number; readonly value: number }[];
}

export interface PrometheusServer {
  /** Base address, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly timeoutMs: number;
}

const answerSchema = z.object({
  status: z.literal('success'),
  data: z.object({
    resultType: z.literal('matrix'),
    result: z.array(
      z.object({
        metric: z.record(z.string(), z.string()),
        values: z.array(z.tuple([z.number(), z.string()])),
      }),
    ),
  }),
  /** Of a query whose answer is partial, such as one of several stores that did not answer. */
  warnings: z.array(z.string()).optional(),
});
const errorSchema = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });

const attempts = 3;
const firstPauseMs = 200;

/**
 * The raw samples of a range selector. A refusal that may pass (429, 5xx, no answer) is tried again with growing pauses; an
 * answer that is not whole is a problem.
 */
export async function querySamples(
  query: string,
  server: PrometheusServer,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
): Promise<readonly SampledSeries[] | { readonly problem: string }> {
  const url = `${server.url}/api/v1/query?${new URLSearchParams({ query }).toString()}`;
  const headers = server.token === undefined ? {} : { authorization: `Bearer ${server.token}` };
  let problem = '';
  for (let attempt = 0; attempt < attempts && !signal.aborted; attempt += 1) {
    if (attempt > 0) await clock.sleep(firstPauseMs * 2 ** (attempt - 1), signal);
    const answer = await ask({ url, headers, timeoutMs: server.timeoutMs, signal });
    if (answer.ok && answer.status === 200) return readSamples(answer.text);
    problem = describeRefusal(answer);
    if (answer.ok && answer.status !== 429 && answer.status < 500) break;
  }
  return { problem: problem || 'interrupted' };
}

function describeRefusal(answer: HttpAnswer): string {
  if (!answer.ok) return answer.error;
  const parsed = errorSchema.safeParse(parseJson(answer.text));
  return `it answered ${answer.status}${parsed.success ? `, ${parsed.data.errorType}: ${parsed.data.error}` : ''}`;
}

function readSamples(text: string): readonly SampledSeries[] | { readonly problem: string } {
  const parsed = answerSchema.safeParse(parseJson(text));
  if (!parsed.success) return { problem: `its answer is not that of a query: ${text.trim().slice(0, 80) || 'empty'}` };
  const { data, warnings } = parsed.data;
  if (warnings !== undefined && warnings.length > 0) return { problem: `its answer is partial: ${warnings[0]}` };
  try {
    return data.result.map(({ metric, values }) => ({
      labels: metric,
      samples: values.map(([at, value]) => ({ atMs: Math.round(at * 1000), value: parseMetricValue(value) })),
    }));
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
