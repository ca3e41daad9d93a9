/** What may be false for NULL: a comparison is not, and neither is a function that returns NULL for it. */
export const testsNull =
  /\b(?:IS|COALESCE|CASE|ROW|ARRAY|num_nulls|num_nonnulls|concat|concat_ws|format|quote_nullable|to_jsonb?|jsonb?_build_\w+)\b/i;

/**
 * Whether a CHECK of one column allows its default, as PostgreSQL prints both: a list of values, or comparisons with numbers.
 * Undefined where it is something else.
 */
export function allowsDefault(definition: string, column: string, given: string): boolean | undefined {
  const condition = /^CHECK \((.*)\)$/s.exec(definition)?.[1];
  if (condition === undefined) return undefined;
  const list = /^\((.+?) = ANY \(\(?ARRAY\[(.*)\]\)?(?:::[\w ]+\[\])?\)\)$/s.exec(condition);
  if (list) {
    const literal = /^'(?:[^']|'')*'/.exec(given)?.[0] ?? given;
    if (withoutCast(list[1] ?? '') !== column) return undefined;
    return (list[2] ?? '').match(/'(?:[^']|'')*'|-?\d+(?:\.\d+)?/g)?.includes(literal);
  }
  const value = numberIn(given);
  if (value === undefined) return undefined;
  const parts = condition.startsWith('((') ? condition.slice(1, -1).split(' AND ') : [condition];
  const results = parts.map((part) => compare(part, column, value));
  return results.includes(undefined) ? undefined : !results.includes(false);
}

/** `(status)::text` is `status`. */
const withoutCast = (text: string): string => text.replace(/^\((.*)\)::[\w ]+$/, '$1');

const numberIn = (text: string): number | undefined => {
  const found = /^'?\(?(-?\d+(?:\.\d+)?)\)?'?(?:::[\w ]+)?$/.exec(text)?.[1];
  return found === undefined ? undefined : Number(found);
};

function compare(part: string, column: string, value: number): boolean | undefined {
  const [, name = '', operator, right = ''] = /^\((.+?) (<|<=|>|>=|=|<>) (.+)\)$/s.exec(part) ?? [];
  const limit = numberIn(right);
  if (withoutCast(name) !== column || limit === undefined) return undefined;
  switch (operator) {
    case '<':
      return value < limit;
    case '<=':
      return value <= limit;
    case '>':
      return value > limit;
    case '>=':
      return value >= limit;
    case '=':
      return value === limit;
    case '<>':
      return value !== limit;
    default:
      return undefined;
  }
}
