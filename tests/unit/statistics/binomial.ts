/** The chances of 0 to n events in n independent trials. */
export function binomial(n: number, p: number): number[] {
  let chances = [1];
  for (let trial = 0; trial < n; trial += 1)
    chances = Array.from(
      { length: chances.length + 1 },
      (_, s) => (chances[s] ?? 0) * (1 - p) + (chances[s - 1] ?? 0) * p,
    );
  return chances;
}
