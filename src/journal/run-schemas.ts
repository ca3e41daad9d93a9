import { z } from 'zod';
import { schemaVersion } from '../core/run-result.ts';
import { runResultSchema } from './result-schema.ts';

export { runEvidenceSchema } from './evidence-schema.ts';
export { runResultSchema } from './result-schema.ts';

/** docs/verdict.schema.json: the contract for other programs that read verdict.json. */
export const verdictJsonSchema = (): object => ({
  ...z.toJSONSchema(runResultSchema, { io: 'input' }),
  $id: `urn:freetask:shiproom:verdict:${schemaVersion}`,
  title: `Shiproom verdict.json, version ${schemaVersion}`,
  description: 'The verdict of one Shiproom run about a FreeTask deployment, and its reasons.',
});
