/** Sums of numbers that are kept as natural logs, because evidence of a real breach overflows a double within minutes. */

/** log(sum of exp(log)); -Infinity stands for 0, and so does an empty list. */
export function logSumExp(logs: readonly number[]): number {
  let largest = -Infinity;
  for (const log of logs) largest = Math.max(largest, log);
  if (!Number.isFinite(largest)) return largest;
  let sum = 0;
  for (const log of logs) sum += Math.exp(log - largest);
  return largest + Math.log(sum);
}

/** log(exp(a) + exp(b)); -Infinity stands for 0. */
export function logAdd(a: number, b: number): number {
  const larger = Math.max(a, b);
  if (!Number.isFinite(larger)) return larger;
  return larger + Math.log1p(Math.exp(Math.min(a, b) - larger));
}
