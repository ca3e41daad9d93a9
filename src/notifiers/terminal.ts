import { stripVTControlCharacters, styleText } from 'node:util';
import type { RunEvent } from '../core/events.ts';
import type { RolloutEvent } from '../core/rollout/advance.ts';
import { stepInfo } from '../core/rollout/step.ts';
import { formatMs } from '../core/slo.ts';
import { marks, type Style } from './marks.ts';
import { stageBoard, stageLine } from './stage-board.ts';

export interface TerminalStream {
  readonly write: (text: string) => void;
  readonly isTty: boolean;
  readonly color: boolean;
  readonly columns: number;
}

/** Without a terminal a long step says that it lives every so often; a pipeline's log is not to be filled. */
const quietMs = 10_000;

/**
 * Tells a run while it goes on. On a terminal the last line moves (step, elapsed time, what it is doing); anywhere else
 * there are only whole lines. `tell` renders one event, `close` takes the moving line away.
 */
export function createTerminal(
  out: TerminalStream,
  now: () => number,
): { handle: (event: RunEvent) => void; close: () => void } {
  const paint = (style: Style, text: string) => (out.color ? styleText(style, text, { validateStream: false }) : text);
  let current: { title: string; text: string; since: number; toldAt: number } | undefined;
  let ticker: NodeJS.Timeout | undefined;

  /** What stands below the moving line: a stage of a rollout as it is at this moment. */
  let board: readonly string[] = [];
  let drawnLines = 0;

  const clear = () => {
    if (!out.isTty || drawnLines === 0) return;
    out.write(`\r${drawnLines > 1 ? `\u001B[${drawnLines - 1}A` : ''}\u001B[J`);
    drawnLines = 0;
  };
  const draw = () => {
    if (!out.isTty || !current) return;
    const line = `  ${paint('cyan', '›')} ${current.title}  ${formatElapsed(now() - current.since)}  ${paint('dim', current.text)}`;
    clear();
    const lines = [line, ...board].map((each) => clip(each, out.columns - 1));
    out.write(lines.join('\n'));
    drawnLines = lines.length;
  };
  const say = (line: string) => {
    clear();
    out.write(`${line}\n`);
    draw();
  };
  const leave = () => {
    clear();
    clearInterval(ticker);
    current = undefined;
    board = [];
  };

  const writeRollout = (event: RolloutEvent): void => {
    switch (event.type) {
      case 'done': {
        const { title, clause } = stepInfo(event.step);
        return say(`  ${paint('green', '✔')} ${title} ${paint('dim', clause)}  ${event.summary}`);
      }
      case 'failed':
        return say(`  ${paint('red', '✘')} ${paint('red', event.because)}`);
      case 'judged': {
        const style = { GO: 'green', 'NO-GO': 'red', HOLD: 'yellow' } as const;
        return say(`  ${paint(style[event.word], event.word)} at ${event.stage.share} %: ${event.because}`);
      }
      case 'aborted':
      case 'paused':
        return say(paint('yellow', `  ${event.type}: ${event.because}`));
      case 'resumed':
        return say(paint('yellow', `  resumed; nobody watched for ${formatMs(event.unobservedMs)}`));
      case 'intended':
      case 'observed':
        return;
    }
  };

  const handle = (event: RunEvent): void => {
    switch (event.type) {
      case 'run-started':
        return say(
          paint('bold', `${event.verb} ${event.target}/${event.environment}`) + paint('dim', `  ${event.runId}`),
        );
      case 'note':
        return say(paint('dim', `  ${event.text}`));
      case 'step-started':
        current = { title: event.title, text: '', since: now(), toldAt: now() };
        if (out.isTty) ticker = setInterval(draw, 200).unref();
        else out.write(`  › ${event.title}\n`);
        return draw();
      case 'step-progress':
        if (!current) return;
        current.text = progressText(event);
        if (out.isTty || now() - current.toldAt < quietMs) return draw();
        current.toldAt = now();
        return out.write(`    ${current.text}\n`);
      case 'step-finished':
        return leave();
      case 'judged': {
        const { sign, style } = marks[event.judgement.status];
        const { title, clauses, actual, status, because } = event.judgement;
        say(`  ${paint(style, sign)} ${title} ${paint('dim', clauses.join(' '))}  ${actual}`);
        return status === 'pass' ? undefined : say(`      ${paint(style, because)}`);
      }
      case 'not-checked':
        return say(paint('dim', `  – ${event.check.title}: ${event.check.because}`));
      case 'interrupted':
        return say(paint('yellow', `  ${event.signal}: stopping everything that was started`));
      case 'lock-taken-over':
        return say(paint('yellow', `  the lock of ${event.from} was taken over: ${event.because}`));
      case 'rollout':
        return writeRollout(event.event);
      case 'stage-observed': {
        if (!current) return;
        board = stageBoard(event.view, paint);
        if (out.isTty || now() - current.toldAt < quietMs) return draw();
        current.toldAt = now();
        return out.write(`    ${stageLine(event.view)}\n`);
      }
      case 'rollout-planned':
      case 'target-stopped':
      case 'verdict':
        return;
    }
  };
  return { handle, close: leave };
}

const progressText = ({ text, done, of }: Extract<RunEvent, { type: 'step-progress' }>): string =>
  done === undefined || of === undefined || of === 0 ? text : `${Math.floor((100 * done) / of)} %  ${text}`;

const formatElapsed = (ms: number): string => (ms < 60_000 ? `${Math.floor(ms / 1000)} s` : formatMs(ms));

/** A line longer than the terminal would wrap and could not be taken back. Colours count nothing. */
const clip = (line: string, columns: number): string => {
  const plain = stripVTControlCharacters(line);
  return plain.length <= columns ? line : `${plain.slice(0, Math.max(0, columns - 1))}…`;
};
