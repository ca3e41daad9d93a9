import { z } from 'zod';
import { schemaVersion } from '../core/run-result.ts';
import { runResultSchema } from './result-schema.ts';

export { runEvidenceSchema } from './evidence-schema.ts';
export { runResultSchema } from './result-schema.ts';

/** docs/verdict.schema.json: what another program may rely on when it reads verdict.json. */
export const verdictJsonSchema = (): object => ({
  ...z.toJSONSchema(runResultSchema, { io: 'input' }),
  $id: `urn:freetask:shiproom:verdict:${schemaVersion}`,
  title: `Shiproom verdict.json, version ${schemaVersion}`,
  description: 'What one run of a Shiproom verb decided about a FreeTask deployment, and why.',
});
