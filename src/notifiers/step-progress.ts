import { formatMs } from '../core/slo.ts';
import type { LiveRegion, OutputStream } from './live-region.ts';
import type { Paint } from './status-style.ts';

interface Output {
  readonly stream: OutputStream;
  readonly region: LiveRegion;
  readonly isTty: boolean;
  readonly paint: Paint;
  readonly now: () => number;
}

/** A log without a terminal gets a line of progress at most this often. */
const logIntervalMs = 10_000;
const redrawIntervalMs = 200;

interface Step {
  readonly title: string;
  readonly startedAt: number;
  text: string;
  board: readonly string[];
  loggedAt: number;
  logged: string;
}

/** The step in progress: redrawn in place on a terminal, whole lines anywhere else. */
export class StepProgress {
  private step: Step | undefined;
  private timer: NodeJS.Timeout | undefined;
  private readonly output: Output;

  constructor(output: Output) {
    this.output = output;
  }

  start(title: string): void {
    const { isTty, stream, now } = this.output;
    this.finish();
    this.step = { title, startedAt: now(), text: '', board: [], loggedAt: now(), logged: '' };
    if (isTty) this.timer = setInterval(() => this.draw(), redrawIntervalMs).unref();
    else stream.write(`  › ${title}\n`);
    this.draw();
  }

  update(text: string): void {
    if (!this.step) return;
    this.step.text = text;
    this.show(this.step, text);
  }

  /** The stage of a rollout as it is now: a board below the step, one line in a log. */
  updateStage(board: readonly string[], line: string): void {
    if (!this.step) return;
    this.step.board = board;
    this.show(this.step, line);
  }

  /** Prints lines that stay, above the step in progress. */
  print(lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.output.region.clear();
    this.output.stream.write(`${lines.join('\n')}\n`);
    this.draw();
  }

  finish(): void {
    this.output.region.clear();
    clearInterval(this.timer);
    this.step = undefined;
  }

  private show(step: Step, line: string): void {
    const { isTty, stream, now } = this.output;
    if (isTty) return this.draw();
    // What has not changed is not printed again: a target that is never ready is reported once.
    if (now() - step.loggedAt < logIntervalMs || line === step.logged) return;
    step.loggedAt = now();
    step.logged = line;
    stream.write(`    ${line}\n`);
  }

  private draw(): void {
    if (!this.step) return;
    const { region, paint, now } = this.output;
    const { title, text, startedAt, board } = this.step;
    const elapsed = formatElapsed(now() - startedAt);
    region.draw([`  ${paint('cyan', '›')} ${title}  ${elapsed}  ${paint('dim', text)}`, ...board]);
  }
}

const formatElapsed = (ms: number): string => (ms < 60_000 ? `${Math.floor(ms / 1000)} s` : formatMs(ms));
