import { z } from 'zod';

/** The keys that a schema knows at a path of a value: of a setting with several drivers, those of the driver that the value names. */
export function knownKeys(schema: z.ZodType, path: readonly string[], value: unknown): readonly string[] {
  const found = schemasAt(schema, path, value).flatMap((each) => (each instanceof z.ZodObject ? shapeKeys(each) : []));
  return [...new Set(found)].toSorted();
}

const shapeKeys = (schema: z.ZodObject): string[] => Object.keys(schema.shape);

function schemasAt(schema: z.core.$ZodType, path: readonly string[], value: unknown): z.core.$ZodType[] {
  const [key, ...rest] = path;
  return unwrap(schema, value).flatMap((each) => {
    if (key === undefined) return [each];
    const inner = innerOf(each, key);
    return inner === undefined ? [] : schemasAt(inner, rest, memberOf(value, key));
  });
}

function innerOf(schema: z.core.$ZodType, key: string): z.core.$ZodType | undefined {
  if (schema instanceof z.ZodObject) return schema.shape[key];
  if (schema instanceof z.ZodArray) return schema.element;
  return schema instanceof z.ZodRecord ? schema.valueType : undefined;
}

/** The schema without its defaults and transformations; of a union every option that the value may mean. */
function unwrap(schema: z.core.$ZodType, value: unknown): z.core.$ZodType[] {
  if (schema instanceof z.ZodPipe) return unwrap(schema.in, value);
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodExactOptional || schema instanceof z.ZodNullable)
    return unwrap(schema.unwrap(), value);
  if (schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault) return unwrap(schema.unwrap(), value);
  if (schema instanceof z.ZodDiscriminatedUnion) {
    const { discriminator, options } = schema.def;
    const meant = memberOf(value, discriminator);
    const fitting = options.filter((option) =>
      unwrap(option, value).some((each) => {
        const literal = innerOf(each, discriminator);
        return literal !== undefined && z.safeParse(literal, meant).success;
      }),
    );
    return (fitting.length > 0 ? fitting : options).flatMap((option) => unwrap(option, value));
  }
  if (schema instanceof z.ZodUnion) return schema.options.flatMap((option) => unwrap(option, value));
  return [schema];
}

/** A member of a mapping or a list; undefined where there is none. */
export const memberOf = (value: unknown, key: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
