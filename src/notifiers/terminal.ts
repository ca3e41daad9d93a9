import type { RunEvent } from '../core/events.ts';
import { eventLines } from './event-lines.ts';
import { openLiveRegion, type OutputStream } from './live-region.ts';
import { stageBoard, stageLine } from './stage-board.ts';
import { painter } from './status-style.ts';
import { StepProgress } from './step-progress.ts';

export interface TerminalOptions {
  /** Whether the step in progress may be redrawn. */
  readonly isTty: boolean;
  readonly color: boolean;
}

interface Terminal {
  readonly handle: (event: RunEvent) => void;
  /** Removes the redrawn lines; what is printed afterwards starts on a line of its own. */
  readonly close: () => void;
}

/** Shows a run while it is in progress. `now` is in ms and only measures elapsed time. */
export async function createTerminal(
  stream: OutputStream,
  { isTty, color }: TerminalOptions,
  now: () => number,
): Promise<Terminal> {
  const paint = painter(color);
  const region = await openLiveRegion(stream, isTty);
  const progress = new StepProgress({ stream, region, isTty, paint, now });
  const handle = (event: RunEvent): void => {
    switch (event.type) {
      case 'step-started':
        return progress.start(event.title);
      case 'step-progress':
        return progress.update(formatProgress(event));
      case 'stage-observed':
        return progress.updateStage(stageBoard(event.view, paint), stageLine(event.view));
      case 'step-finished':
        return progress.finish();
      default:
        return progress.print(eventLines(event, paint));
    }
  };
  return { handle, close: () => progress.finish() };
}

const formatProgress = ({ text, done, of }: Extract<RunEvent, { type: 'step-progress' }>): string =>
  done === undefined || of === undefined || of === 0 ? text : `${Math.floor((100 * done) / of)} %  ${text}`;
