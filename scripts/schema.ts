import { join, resolve } from 'node:path';
import { verdictJsonSchema } from '../src/journal/run-schemas.ts';
import { writeJsonAtomic } from '../src/system/files.ts';

/** Publishes the shape of verdict.json; to be run whenever src/core/run-result.ts changed, and followed by `npm run format`. */
await writeJsonAtomic(join(resolve(import.meta.dirname, '..'), 'docs', 'verdict.schema.json'), verdictJsonSchema());
