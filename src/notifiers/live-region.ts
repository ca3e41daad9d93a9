/** A stream that may be a terminal; `process.stderr` is one. */
export type OutputStream = NodeJS.WritableStream & { readonly columns?: number; readonly rows?: number };

/** The lines at the bottom of the terminal that are redrawn in place. */
export interface LiveRegion {
  /** Replaces the region. */
  readonly draw: (lines: readonly string[]) => void;
  /** Removes the region, so that a line that stays can be printed in its place. */
  readonly clear: () => void;
}

const noRegion: LiveRegion = { draw: () => {}, clear: () => {} };

/** Without a terminal nothing is redrawn, and the library is not loaded. */
export async function openLiveRegion(stream: OutputStream, isTty: boolean): Promise<LiveRegion> {
  if (!isTty) return noRegion;
  const { createLogUpdate } = await import('log-update');
  // Hiding the cursor would need an exit handler on the process to show it again.
  const region = createLogUpdate(stream, { showCursor: true });
  return { draw: (lines) => region(lines.join('\n')), clear: () => region.clear() };
}
