/** Numbers within a name are compared as numbers: 9 comes before 10, and 010 after 9. */
const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'variant' });

/** The ids in the order in which they are applied. */
export const inOrder = (ids: readonly string[]): string[] =>
  ids.toSorted((a, b) => collator.compare(a, b) || (a < b ? -1 : 1));

const numberOf = (id: string): bigint | undefined => {
  const digits = /^\d+/.exec(id)?.[0];
  return digits === undefined ? undefined : BigInt(digits);
};

/** Pairs of ids with the same number (`09-a` and `9-b`): their order would depend on the rest of their names. */
export function ambiguousIds(ids: readonly string[]): (readonly [string, string])[] {
  const sorted = inOrder(ids);
  return sorted.flatMap((id, index) => {
    const before = sorted[index - 1];
    const same = before !== undefined && numberOf(id) !== undefined && numberOf(before) === numberOf(id);
    return same ? [[before, id] as const] : [];
  });
}

/** Pending ids that come before one that is applied: a branch that was merged late. */
export function lateIds(migrations: readonly { readonly id: string; readonly applied: boolean }[]): string[] {
  const newest = migrations.findLastIndex(({ applied }) => applied);
  return migrations.flatMap(({ id, applied }, index) => (!applied && index < newest ? [id] : []));
}
