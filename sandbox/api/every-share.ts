/**
 * Returns true for the given share (0 to 1) of its calls, evenly spread, first after 1 / share calls.
 * Counted instead of random: a defect of one in twenty-five is exactly that in every run.
 */
export function everyShare(share: number): () => boolean {
  let calls = 0;
  let struck = 0;
  return () => {
    calls += 1;
    // 98 * (1 / 98) is a little less than one in floating point; without the epsilon it would be true one call late.
    const due = Math.floor(calls * share + 1e-9);
    const strikes = due > struck;
    struck = due;
    return strikes;
  };
}
