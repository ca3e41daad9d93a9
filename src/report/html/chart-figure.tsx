import type { VNode } from 'preact';
import type { LoadPoint } from '../../core/evidence.ts';
import { type Chart, drawChart } from './chart.ts';

interface ChartProps {
  readonly title: string;
  readonly unit: string;
  readonly chart: Chart;
  readonly points: readonly LoadPoint[];
}

const dashes = { solid: undefined, dashed: '6 4', dotted: '2 3' } as const;

/** A chart with its legend, drawn once for a wide screen and once for a phone. */
export const ChartFigure = ({ title, unit, chart, points }: ChartProps): VNode => {
  const peaks = chart.lines.map(({ name, valueAt }) => {
    const values = points.flatMap((point, index) => valueAt(point, index) ?? []);
    return values.length === 0 ? `${name}: no measurements` : `${name} at most ${chart.format(Math.max(...values))}`;
  });
  const label = [`${title} over time`, ...peaks, ...chart.limits.map((limit) => `line at ${limit.label}`)].join('; ');
  return (
    <figure class="chart">
      <figcaption>
        <h3>{title}</h3> <span class="quiet">{unit}</span>
        <ul class="inline legend">
          {chart.lines.map(({ name, color, dash }) => (
            <li key={name}>
              <svg viewBox="0 0 26 8" aria-hidden="true">
                <path d="M1 4H25" stroke={color} stroke-width="2.5" stroke-dasharray={dashes[dash]} />
              </svg>{' '}
              {name}
            </li>
          ))}
        </ul>
      </figcaption>
      {(['wide', 'narrow'] as const).map((size) => (
        <div
          key={size}
          class={size}
          role="img"
          aria-label={label}
          dangerouslySetInnerHTML={{ __html: drawChart(chart, points, size) }}
        />
      ))}
    </figure>
  );
};
