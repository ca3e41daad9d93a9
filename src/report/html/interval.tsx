import type { VNode } from 'preact';
import type { Interval } from '../interval.ts';
import { unbreakable } from '../labels.ts';

const width = 200;
const height = 22;
const middle = 9;

/** The scale covers the bounds and 1.5 times the limit; at four times the limit the bar is cut off. */
function scaleOf({ upper, limit }: Interval): (fraction: number) => number {
  const most = Math.min(limit * 4, Math.max(limit * 1.5, upper * 1.08));
  return (fraction) => Math.min(width, (fraction / most) * width);
}

/** The bar spans the confidence bounds, the line is the limit: a bar that crosses it does not meet the objective for certain. */
export const IntervalBar = ({ interval }: { interval: Interval }): VNode => {
  const x = scaleOf(interval);
  const limit = x(interval.limit);
  const from = Math.min(x(interval.lower), width - 4);
  const to = x(interval.upper);
  return (
    <figure class="interval">
      <svg viewBox={`0 0 ${width} ${height}`} role="img" aria-label={interval.description}>
        <rect class="track" x={0} y={middle - 4} width={width} height={8} />
        <rect class="beyond" x={limit} y={middle - 4} width={width - limit} height={8} />
        <rect class="bar" x={from} y={middle - 3} width={Math.max(3, to - from)} height={6} rx={2} />
        {to >= width && <path class="bar" d={`M${width - 6} ${middle - 7}l9 7l-9 7Z`} />}
        {interval.rollback !== undefined && <path class="rollback" d={`M${x(interval.rollback)} 0V18`} />}
        <path class="limit" d={`M${limit} 0V18`} />
      </svg>
      <figcaption>{unbreakable(interval.description)}</figcaption>
    </figure>
  );
};
