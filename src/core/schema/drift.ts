import { diffSchemas } from './diff.ts';
import type { Difference } from './difference.ts';
import { majorOf } from './server-version.ts';
import type { SchemaSnapshot } from './snapshot.ts';

/**
 * Where a database differs from the one that its applied migrations make. Privileges are no part of it: their roles belong to the
 * server. `ignore`: objects as differences name them, `table audit_*`, `*` for any characters; `schema audit` with everything in it. Empty
 * where the servers have different major versions.
 */
export function driftOf(migrated: SchemaSnapshot, live: SchemaSnapshot, ignore: readonly string[]): Difference[] {
  if (majorOf(migrated.serverVersion) !== majorOf(live.serverVersion)) return [];
  const ignored = ignore.flatMap((text) => [text, ...inSchema(text)]).map(patternOf);
  return diffSchemas(migrated, live).filter(
    ({ object }) => !object.startsWith('privilege ') && !ignored.some((pattern) => pattern.test(object)),
  );
}

/** `schema audit`: whatever is named `audit.…`. */
const inSchema = (text: string): string[] =>
  text.startsWith('schema ') ? [`* ${text.slice('schema '.length)}.*`] : [];

const patternOf = (text: string): RegExp =>
  new RegExp(`^${text.replaceAll(/[.+?^${}()|[\]\\]/g, String.raw`\$&`).replaceAll('*', '.*')}$`);
