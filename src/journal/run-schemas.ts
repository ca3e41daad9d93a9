import { z } from 'zod';
import { schemaVersion } from '../core/run-result.ts';
import type { Slo } from '../core/slo.ts';
import { runResultSchema, sloSchema } from './result-schema.ts';

/** The objectives of a run, from its evidence.json; none where it cannot be read. */
export function slosIn(evidence: string | undefined): readonly Slo[] {
  try {
    return z.object({ plan: z.object({ slos: z.array(sloSchema) }) }).parse(JSON.parse(evidence ?? '')).plan.slos;
  } catch {
    return [];
  }
}

export { runEvidenceSchema } from './evidence-schema.ts';
export { runResultSchema } from './result-schema.ts';

/** docs/verdict.schema.json: the contract for other programs that read verdict.json. */
export const verdictJsonSchema = (): object => ({
  ...z.toJSONSchema(runResultSchema, { io: 'input' }),
  $id: `urn:freetask:shiproom:verdict:${schemaVersion}`,
  title: `Shiproom verdict.json, version ${schemaVersion}`,
  description: 'The verdict of one Shiproom run about a deployment, and its reasons.',
});
