import { z } from 'zod';
import type { ServiceDefaults } from './service-file.ts';
import { deploymentSchemaWith, embeddedFileSchema } from './target-schema.ts';

/** docs/target.schema.json: completion and hints in an editor. What the keys mean together is checked when the file is read. */
export const targetJsonSchema = (defaults: ServiceDefaults): object => ({
  ...z.toJSONSchema(z.union([deploymentSchemaWith(defaults), embeddedFileSchema]), {
    io: 'input',
    unrepresentable: 'any',
  }),
  $id: 'urn:shiproom:target',
  title: 'A target file of Shiproom',
  description: 'A deployed service: config/targets/staging.yaml explains every setting.',
});
