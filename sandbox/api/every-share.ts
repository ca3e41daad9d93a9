/**
 * Says yes to the given share (0 to 1) of its calls, evenly spread and first after 1 / share calls.
 * Counted and not drawn by lot: a defect of one in twenty-five shows as exactly that in every run.
 */
export function everyShare(share: number): () => boolean {
  let calls = 0;
  return () => {
    calls += 1;
    return Math.floor(calls * share) > Math.floor((calls - 1) * share);
  };
}
