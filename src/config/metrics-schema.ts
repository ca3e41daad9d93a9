import { z } from 'zod';
import { type MetricNames, metricPresets } from '../core/metric-names.ts';
import type { MetricsSettings } from '../core/metrics-source.ts';
import { durationSchema } from './duration.ts';
import { addressSchema, withoutUndefined } from './target-schemas.ts';

const metricName = z.string().regex(/^[a-zA-Z_:][\w:]*$/, 'the name of a metric: letters, digits, _ and :');
const labelName = z.string().regex(/^[a-zA-Z_]\w*$/, 'the name of a label: letters, digits and _');
const oneOrMore = <T extends z.ZodType>(schema: T) =>
  z.union([schema.transform((one) => [one]), z.array(schema).min(1, 'at least one')]);
const values = z.array(z.string()).min(1, 'at least one value of the label');

/** A counter of attempts; src/core/metric-names.ts explains it. */
export const outcomeCounterSchema = z
  .strictObject({ name: metricName, label: labelName, success: values, failure: values })
  .refine(({ success, failure }) => !failure.some((value) => success.includes(value)), {
    path: ['failure'],
    error: 'a value is a success or a failure, not both',
  });

const placeholders = 'a label that tells the two sides apart: {colour}, {release}, {place} or {host}';

const presetNames = Object.keys(metricPresets) as [keyof typeof metricPresets];

/** src/core/metrics-source.ts explains each. */
const sourceSchema = z.discriminatedUnion('driver', [
  z.strictObject({ driver: z.literal('scrape') }),
  z.strictObject({ driver: z.literal('router') }),
  z
    .strictObject({
      driver: z.literal('prometheus'),
      url: addressSchema,
      token: z
        .string()
        .regex(/^[A-Za-z_]\w*$/, 'the name of an environment variable, not its value')
        .exactOptional(),
      labels: z
        .record(labelName, z.string().regex(/^(?:[^{}]|\{(?:colour|release|place|host)\})+$/, placeholders))
        .refine((labels) => Object.values(labels).some((value) => value.includes('{')), placeholders),
      scrapeInterval: durationSchema.prefault('15s'),
      timeout: durationSchema.prefault('5s'),
    })
    .transform(({ scrapeInterval, timeout, ...rest }) => ({
      ...rest,
      scrapeIntervalMs: scrapeInterval,
      timeoutMs: timeout,
    })),
]);

/** The names of a target's metrics, a preset and what differs from it, and where they are read. */
export const metricsSchema = z
  .strictObject({
    preset: z.enum(presetNames).default('prom-client'),
    requests: z.union([metricName, z.literal(false)]).optional(),
    status: labelName.optional(),
    unanswered: z.array(z.string()).optional(),
    durations: metricName
      .refine((name) => !/_(?:bucket|count|sum)$/.test(name), 'the name of the histogram, without _bucket and _count')
      .optional(),
    unit: z.enum(['seconds', 'milliseconds']).optional(),
    route: oneOrMore(labelName).optional(),
    probes: z.array(z.string().startsWith('/', 'a route, such as /up')).optional(),
    startTime: metricName.optional(),
    payments: outcomeCounterSchema.optional(),
    source: sourceSchema.prefault({ driver: 'scrape' }),
  })
  .transform(({ preset, requests, source, ...own }): MetricsSettings => {
    const { requests: presetRequests, ...rest }: MetricNames = metricPresets[preset];
    const counter = requests ?? presetRequests;
    return {
      source,
      names: {
        ...rest,
        ...withoutUndefined(own),
        ...(counter === undefined || counter === false ? {} : { requests: counter }),
      },
    };
  });
