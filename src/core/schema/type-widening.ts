const order = ['smallint', 'integer', 'bigint'];

/**
 * Whether every value of the first type is one of the second. `same-text`: and drivers read it as they did. `other-form`: some
 * drivers return another type, as for bigint, which does not fit into a double. Types as format_type prints them.
 */
export function widening(from: string, to: string): 'same-text' | 'other-form' | undefined {
  const [textFrom, textTo] = [textLength(from), textLength(to)];
  if (textFrom !== undefined && textTo !== undefined) return textTo >= textFrom ? 'same-text' : undefined;
  const [small, large] = [order.indexOf(from), order.indexOf(to)];
  if (small >= 0 && large > small) return large === 1 ? 'same-text' : 'other-form';
  const [numberFrom, numberTo] = [digits(from), digits(to)];
  // Another scale would print another number of digits: 10.5 instead of 10.50.
  if (numberFrom && numberTo && numberFrom.scale === numberTo.scale)
    return numberTo.precision >= numberFrom.precision ? 'same-text' : undefined;
  if (numberFrom && to === 'numeric') return 'other-form';
  return undefined;
}

/** Characters that fit; infinite for text. `character(n)` pads with blanks and is none of these. */
function textLength(type: string): number | undefined {
  if (type === 'text' || type === 'character varying') return Infinity;
  const length = /^character varying\((\d+)\)$/.exec(type)?.[1];
  return length === undefined ? undefined : Number(length);
}

function digits(type: string): { readonly precision: number; readonly scale: number } | undefined {
  const [, precision, scale] = /^numeric\((\d+),(-?\d+)\)$/.exec(type) ?? [];
  return precision === undefined ? undefined : { precision: Number(precision), scale: Number(scale) };
}
