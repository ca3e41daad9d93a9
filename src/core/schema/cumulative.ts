import { diffSchemas } from './diff.ts';
import type { Difference } from './difference.ts';
import type { SchemaSnapshot } from './snapshot.ts';

/**
 * What one of several migrations adds to the difference from the schema `before` all of them, which is the one that the previous
 * release knows: a column that one of them adds and the next drops breaks nothing. `last` is the schema before this migration.
 */
export function newDifferences(
  before: SchemaSnapshot,
  last: SchemaSnapshot,
  now: SchemaSnapshot,
  revertible: boolean,
): Difference[] {
  const known = new Set(diffSchemas(before, last).map(keyOf));
  const fresh = new Set(
    diffSchemas(before, now)
      .filter((each) => !known.has(keyOf(each)))
      .map(keyOf),
  );
  return diffSchemas(before, now, { revertible }).filter((each) => fresh.has(keyOf(each)));
}

const keyOf = ({ object, change, reason }: Difference): string => [object, change, reason].join('\0');
