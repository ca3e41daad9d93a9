/**
 * The word that a mistyped one is most likely meant to be: at most a third of its letters are wrong (and two of a short one).
 * Undefined where none is near. Ignores case. Damerau-Levenshtein distance: a missing, a surplus, a wrong letter, or two swapped.
 */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const most = Math.max(word.length > 3 ? 2 : 1, Math.floor(word.length / 3));
  const [best] = known
    .map((each) => ({ each, distance: distanceBetween(word.toLowerCase(), each.toLowerCase()) }))
    .filter(({ each, distance }) => distance <= most && distance < Math.max(word.length, each.length))
    .toSorted((a, b) => a.distance - b.distance);
  return best?.each;
}

function distanceBetween(a: string, b: string): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      next.push(
        Math.min(
          (row[j] ?? 0) + 1,
          (next[j - 1] ?? 0) + 1,
          (row[j - 1] ?? 0) + (same ? 0 : 1),
          swapped ? (before[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
        ),
      );
    }
    [before, row] = [row, next];
  }
  return row[b.length] ?? 0;
}
