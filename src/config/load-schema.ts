import { z } from 'zod';
import type { RateLimit } from '../core/target.ts';
import { durationSchema } from './duration.ts';
import { variablesSchema } from './journey-schema.ts';
import { loadEngineSchema } from './load-engine-schema.ts';

const reason = z.string().min(1, 'the reason');

/** `!`: a rate of the opposite. */
const metricName = z.string().regex(/^!?[A-Za-z_]\w*$/, 'the name of a metric of the script, without tags');

export const loadSchema = z
  .strictObject({
    profile: z.string().default('stage'),
    rate: z.number().positive().exactOptional(),
    duration: durationSchema.exactOptional(),
    off: reason.exactOptional(),
    script: z.string().min(1).exactOptional(),
    engine: loadEngineSchema.exactOptional(),
    options: z.enum(['kept', 'replaced']).exactOptional(),
    /** By the id of the objective: a metric of the script. */
    metrics: z.record(z.string(), metricName).exactOptional(),
    variables: variablesSchema,
    iteration: z
      .strictObject({ requests: z.number().positive().default(1), time: durationSchema.exactOptional() })
      .exactOptional(),
  })
  .superRefine(({ off, script, engine, options, metrics, variables, iteration, rate, duration }, context) => {
    for (const name of Object.keys(variables).filter((each) => /^(K6_|SHIPROOM_)/.test(each)))
      context.addIssue({ code: 'custom', path: ['variables', name], message: 'would change the options of k6' });
    const refuse = (key: string, message: string) => context.addIssue({ code: 'custom', path: [key], message });
    if (options === 'kept' && rate !== undefined) refuse('rate', 'contradicts `options: kept`');
    if (options === 'kept' && duration !== undefined) refuse('duration', 'contradicts `options: kept`');
    if (off !== undefined && script !== undefined) refuse('script', 'contradicts `off`');
    if (script !== undefined && engine !== undefined && engine.driver !== 'k6')
      refuse('engine', `contradicts \`script\`: ${engine.driver} runs the scripts of Shiproom only`);
    if (script !== undefined) return;
    const needs = 'goes with `script`, a k6 script of your own';
    if (options !== undefined) refuse('options', needs);
    if (metrics !== undefined) refuse('metrics', needs);
    if (iteration !== undefined) refuse('iteration', needs);
    if (Object.keys(variables).length > 0) refuse('variables', needs);
  });

const units = { s: 1000, second: 1000, m: 60_000, min: 60_000, minute: 60_000, h: 3_600_000, hour: 3_600_000 } as const;

/** `30/m` -> 30 requests in 60 000 ms. */
export const rateLimitSchema = z
  .string('a limit of requests; write for example 30/m or 10/s')
  .transform((text, context): RateLimit => {
    const [, requests, unit] = /^(\d+)\s*(?:\/|per)\s*(s|second|m|min|minute|h|hour)$/.exec(text.trim()) ?? [];
    if (requests !== undefined && Number(requests) > 0)
      return { requests: Number(requests), perMs: units[unit as keyof typeof units] };
    context.addIssue({
      code: 'custom',
      message: `"${text}" is not a limit of requests; write for example 30/m or 10/s`,
    });
    return z.NEVER;
  });
