import { z } from 'zod';
import { ToolError } from '../../core/errors.ts';

/** A list as a whole: one that goes on elsewhere would hide objects. */
export const listOf = <T extends z.ZodType>(item: T) =>
  z.object({
    metadata: z.object({ continue: z.literal('', 'is one page of several').optional() }).optional(),
    items: z.array(item),
  });

/** Throws ToolError where the API server answered something else. */
export function parseAnswer<T extends z.ZodType>(schema: T, answer: unknown, what: string): z.infer<T> {
  const parsed = schema.safeParse(answer);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const place = issue?.path.join('.') ?? '';
  throw new ToolError(
    `The API server's answer for ${what} cannot be read: ${place === '' ? '' : `${place}: `}${issue?.message}`,
    { command: ['GET', what], exitCode: null },
  );
}

const managedSchema = z.array(
  z.object({
    manager: z.string().nullish(),
    operation: z.string().nullish(),
    time: z.string().nullish(),
    subresource: z.string().nullish(),
    fieldsV1: z.unknown(),
  }),
);

export const metadataSchema = z.object({
  name: z.string(),
  namespace: z.string().optional(),
  generation: z.number().optional(),
  annotations: z.record(z.string(), z.string()).nullish(),
  managedFields: managedSchema.nullish(),
});

export interface FieldOwner {
  readonly manager: string;
  readonly time: string;
}

/** What owns a field of an object, the latest first; `path` as in managedFields: `f:spec`, `f:rules`. */
export function ownersOf({ managedFields }: z.infer<typeof metadataSchema>, path: readonly string[]): FieldOwner[] {
  return (managedFields ?? [])
    .filter(({ subresource, fieldsV1 }) => !subresource && hasField(fieldsV1, path))
    .map(({ manager, time }) => ({ manager: manager ?? 'unknown', time: time ?? '' }))
    .toSorted((a, b) => b.time.localeCompare(a.time));
}

function hasField(fields: unknown, path: readonly string[]): boolean {
  let value = fields;
  for (const key of path) {
    if (typeof value !== 'object' || value === null || !(key in value)) return false;
    value = (value as Readonly<Record<string, unknown>>)[key];
  }
  return true;
}
