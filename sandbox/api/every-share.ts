/**
 * Says yes to the given share (0 to 1) of its calls, evenly spread and first after 1 / share calls.
 * Counted and not drawn by lot: a defect of one in twenty-five shows as exactly that in every run.
 */
export function everyShare(share: number): () => boolean {
  let calls = 0;
  let struck = 0;
  return () => {
    calls += 1;
    // The grain keeps 98 * (1 / 98), which is a little less than one in floating point, from coming a call late.
    const due = Math.floor(calls * share + 1e-9);
    const strikes = due > struck;
    struck = due;
    return strikes;
  };
}
