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
  const schemas: Readonly<Record<ConfigKind, z.ZodType>> = {
    target: z.union([deploymentSchemaWith(defaults), embeddedFileSchema]),
    slo: sloFileSchema,
    rollout: rolloutFileSchema,
    'load-profiles': loadProfilesFileSchema,
    service: serviceFileSchema,
  };
  const published = configKinds.map((kind) => [
    kind,
    {
      ...z.toJSONSchema(schemas[kind], { io: 'input', unrepresentable: 'any' }),
      $id: `urn:shiproom:${kind}`,
      ...files[kind],
    },
  ]);
  return Object.fromEntries(published) as Record<ConfigKind, object>;
}
