import { otherColour, type RolloutPlan } from '../../core/rollout/plan.ts';
import type { RolloutStep } from '../../core/rollout/step.ts';
import { type Tone, verdictTones } from '../rollout-story.ts';
import type { RolloutTime } from './rollout-time.ts';

/** An event that the drawing points out. */
export interface Mark {
  readonly ms: number;
  readonly label: string;
  readonly tone: Tone;
  /** Where labels have no room, the lowest go first. */
  readonly weight: number;
}

type Told = Omit<Mark, 'ms'>;

export function rolloutMarks(plan: RolloutPlan, time: RolloutTime): Mark[] {
  const marks: Mark[] = [];
  for (const { ms, event } of time.events) {
    const told = tell(event, plan);
    // A stage that holds is judged again and again; one mark says so.
    if (!told || (told.label === 'HOLD' && marks.at(-1)?.label === 'HOLD')) continue;
    marks.push({ ms, ...told });
  }
  return marks;
}

function tell(event: RolloutTime['events'][number]['event'], plan: RolloutPlan): Told | undefined {
  switch (event.type) {
    case 'done':
      return tellStep(event.step, plan);
    case 'failed':
      return { label: `${event.step.do} failed`, tone: 'bad', weight: 6 };
    case 'judged':
      return { label: event.word, tone: verdictTones[event.word], weight: event.word === 'NO-GO' ? 7 : 4 };
    case 'abandoned':
      return { label: 'taken back', tone: 'bad', weight: 6 };
    case 'paused':
      return { label: 'paused', tone: 'unsure', weight: 5 };
    case 'resumed':
      return { label: 'resumed', tone: 'unsure', weight: 5 };
    default:
      return undefined;
  }
}

function tellStep(step: RolloutStep, plan: RolloutPlan): Told | undefined {
  switch (step.do) {
    case 'release':
      return { label: 'release', tone: 'quiet', weight: 2 };
    case 'migrate':
      return { label: 'migrations', tone: 'quiet', weight: 2 };
    case 'shift':
      return { label: `to ${step.shares[otherColour(plan.live)]} %`, tone: 'quiet', weight: 5 };
    case 'smoke':
      return { label: 'smoke', tone: 'good', weight: 3 };
    case 'join':
      return { label: 'join', tone: 'quiet', weight: 1 };
    case 'confirm':
      return step.because === 'has-traffic-again'
        ? { label: 'rolled back', tone: 'bad', weight: 7 }
        : { label: 'kept warm', tone: 'good', weight: 1 };
    default:
      return undefined;
  }
}

/** A mark at its place in px; without a row its label had no room. */
export interface PlacedMark extends Mark {
  readonly x: number;
  readonly row?: number;
}

interface Room {
  readonly rows: number;
  readonly letterPx: number;
}

/**
 * Labels stand to the right of their lines. Placed from the right, each on the lowest free row, no line goes through the
 * label of another.
 */
export function placeMarks(marks: readonly Mark[], xAt: (ms: number) => number, room: Room): PlacedMark[] {
  const placed = marks.map((mark) => ({ ...mark, x: xAt(mark.ms) }));
  const byWeight = placed.map((mark, index) => ({ index, weight: mark.weight })).toSorted((a, b) => a.weight - b.weight);
  const shown = new Set(placed.keys());
  for (;;) {
    const rows = rowsOf(placed, shown, room.letterPx);
    if (Math.max(-1, ...rows.values()) < room.rows) {
      return placed.map((mark, index) => {
        const row = rows.get(index);
        return row === undefined ? mark : { ...mark, row };
      });
    }
    const least = byWeight.shift();
    if (least) shown.delete(least.index);
  }
}

function rowsOf(marks: readonly PlacedMark[], shown: ReadonlySet<number>, letterPx: number): Map<number, number> {
  const rows = new Map<number, number>();
  // Where the leftmost label of each row begins.
  const begins: number[] = [];
  for (let index = marks.length - 1; index >= 0; index -= 1) {
    const mark = marks[index];
    if (!mark || !shown.has(index)) continue;
    const end = mark.x + (mark.label.length + 2) * letterPx;
    const free = begins.findIndex((begin) => end <= begin);
    const row = free === -1 ? begins.length : free;
    begins[row] = mark.x;
    rows.set(index, row);
  }
  return rows;
}
