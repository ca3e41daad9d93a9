import { Refusal } from './objects.ts';

/** `limit` and `continue` of a list, as the API server pages it. */
export function pageOf<T>(
  items: readonly T[],
  { searchParams }: URL,
): { shown: readonly T[]; rest: string | undefined } {
  const limit = Number(searchParams.get('limit') ?? 0) || items.length;
  const from = Number(searchParams.get('continue') ?? 0);
  const end = from + limit;
  return { shown: items.slice(from, end), rest: end < items.length ? String(end) : undefined };
}

/** Equality alone: what the drivers use. */
export function selectorOf(text: string | null): (labels: Readonly<Record<string, string>>) => boolean {
  const pairs = (text ?? '')
    .split(',')
    .filter(Boolean)
    .map((pair) => pair.split('='));
  const wrong = pairs.find((pair) => pair.length !== 2);
  if (wrong) throw new Refusal(400, 'BadRequest', `unable to parse requirement: ${wrong.join('=')}`);
  return (labels) => pairs.every(([key = '', value]) => labels[key] === value);
}
