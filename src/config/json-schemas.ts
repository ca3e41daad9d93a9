import { z } from 'zod';
import { loadProfilesFileSchema } from './load-profiles.ts';
import { rolloutFileSchema } from './rollout-settings.ts';
import { type ServiceDefaults, serviceFileSchema } from './service-file.ts';
import { sloFileSchema } from './slo-file.ts';
import { deploymentSchemaWith, embeddedFileSchema } from './target-schema.ts';

/** One JSON schema for each kind of configuration file: completion and hints in an editor. */
export const configKinds = ['target', 'slo', 'rollout', 'load-profiles', 'service'] as const;
type ConfigKind = (typeof configKinds)[number];

const files: Readonly<Record<ConfigKind, { readonly title: string; readonly description: string }>> = {
  target: {
    title: 'A target file of Shiproom',
    description: 'A deployed service: config/targets/staging.yaml explains every setting.',
  },
  slo: { title: 'Objectives of Shiproom', description: 'Clause 3.2: config/slo.yaml explains every setting.' },
  rollout: { title: 'The pace of a rollout', description: 'Clause 2: config/rollout.yaml explains every setting.' },
  'load-profiles': { title: 'Load profiles', description: 'config/load-profiles.yaml explains every setting.' },
  service: {
    title: 'What a target file need not name',
    description: 'The defaults of target files: config/targets/staging.yaml explains every setting.',
  },
};

/** The schemas by which files are parsed, so that an editor and a command agree; what keys mean together is checked by the command. */
export function configJsonSchemas(defaults: ServiceDefaults): Readonly<Record<ConfigKind, object>> {
  const published: Readonly<Record<ConfigKind, object>> = {
    target: withVariables(jsonSchemaOf(z.union([deploymentSchemaWith(defaults), embeddedFileSchema]))) as object,
    slo: jsonSchemaOf(sloFileSchema),
    rollout: jsonSchemaOf(rolloutFileSchema),
    'load-profiles': jsonSchemaOf(loadProfilesFileSchema),
    service: jsonSchemaOf(serviceFileSchema),
  };
  return Object.fromEntries(
    configKinds.map((kind) => [kind, { ...published[kind], $id: `urn:shiproom:${kind}`, ...files[kind] }]),
  ) as Record<ConfigKind, object>;
}

const jsonSchemaOf = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });

const variable = { type: 'string', pattern: '\\$\\{\\w+\\}' } as const;

/** A value of a target file may be `${NAME}`, which no pattern of its own would fit. Names of keys may not. */
function withVariables(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(withVariables);
  if (typeof schema !== 'object' || schema === null) return schema;
  const { propertyNames, ...rest } = schema as Readonly<Record<string, unknown>>;
  const inner = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, withVariables(value)]));
  const own = propertyNames === undefined ? inner : { ...inner, propertyNames };
  const { type, pattern, format } = own;
  if (type === 'string' && typeof pattern === 'string' && format === undefined)
    return { ...own, pattern: `${pattern}|${variable.pattern}` };
  const isFormatted = type === 'string' && (pattern !== undefined || format !== undefined);
  return isFormatted || type === 'number' || type === 'integer' ? { anyOf: [own, variable] } : own;
}
