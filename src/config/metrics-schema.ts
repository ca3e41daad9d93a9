import { z } from 'zod';
import { type MetricNames, metricPresets } from '../core/metric-names.ts';
import { withoutUndefined } from './target-schemas.ts';

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

const presetNames = Object.keys(metricPresets) as [keyof typeof metricPresets];

/** The names of a target's metrics: a preset, and what differs from it. */
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
  })
  .transform(({ preset, requests, ...own }): { names: MetricNames } => {
    const { requests: presetRequests, ...rest }: MetricNames = metricPresets[preset];
    const counter = requests ?? presetRequests;
    return {
      names: {
        ...rest,
        ...withoutUndefined(own),
        ...(counter === undefined || counter === false ? {} : { requests: counter }),
      },
    };
  });
