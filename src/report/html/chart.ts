import type { EChartsOption, LineSeriesOption } from 'echarts';
import { init } from 'echarts/dist/echarts.esm.min.mjs';
import type { LoadPoint } from '../../core/evidence.ts';

/** CSS variables of the page, so that one drawing fits light, dark and print. */
const chartColors = {
  ink: 'var(--muted)',
  rule: 'var(--rule)',
  paper: 'var(--card)',
  limit: 'var(--limit)',
} as const;

interface ChartLine {
  readonly name: string;
  /** A CSS variable. */
  readonly color: string;
  readonly dash: 'solid' | 'dashed' | 'dotted';
  readonly area?: boolean;
  /** Absent where nothing was measured: the line has a gap there. */
  readonly valueAt: (point: LoadPoint, index: number) => number | undefined;
}

export interface ChartLimit {
  readonly at: number;
  readonly label: string;
}

export interface Chart {
  /** Unique in the page. */
  readonly id: string;
  readonly lines: readonly ChartLine[];
  readonly limits: readonly ChartLimit[];
  /** Moments, drawn as vertical lines. */
  readonly marks?: readonly { readonly second: number; readonly label: string }[];
  readonly format: (value: number) => string;
}

/** Two drawings of each chart, because text scaled down to a phone's width is unreadable. */
const sizes = { wide: { width: 940, height: 260 }, narrow: { width: 340, height: 230 } } as const;
export type ChartSize = keyof typeof sizes;

/** What ECharts adds for hover effects. */
const hoverMarkup = /<style[\s\S]*?<\/style>| (?:class|pointer-events|ecmeta_\w+)="[^"]*"/g;

/** The chart over time as SVG text. */
export function drawChart(chart: Chart, points: readonly LoadPoint[], size: ChartSize): string {
  const drawing = init(null, null, { renderer: 'svg', ssr: true, ...sizes[size] });
  try {
    drawing.setOption(optionOf(chart, points));
    // ECharts numbers its drawings; without the number the same evidence gives the same page.
    return drawing
      .renderToSVGString()
      .replaceAll(hoverMarkup, '')
      .replaceAll(/\bzr\d+-/g, `${chart.id}-${size}-`);
  } finally {
    // A drawing that is not disposed keeps the process alive.
    drawing.dispose();
  }
}

function optionOf({ lines, limits, marks = [], format }: Chart, points: readonly LoadPoint[]): EChartsOption {
  const text = { color: chartColors.ink, fontSize: 12 };
  const values = points.flatMap((point, index) => lines.flatMap(({ valueAt }) => valueAt(point, index) ?? []));
  const highest = Math.max(...values, ...limits.map(({ at }) => at));
  return {
    animation: false,
    textStyle: { fontFamily: 'inherit' },
    grid: { left: 8, right: 14, top: 18, bottom: 4, containLabel: true },
    xAxis: {
      type: 'value',
      min: points[0]?.second ?? 0,
      max: Math.max(1, points.at(-1)?.second ?? 1),
      axisLabel: { ...text, hideOverlap: true, alignMaxLabel: 'right', formatter: formatSecond },
      axisLine: { lineStyle: { color: chartColors.rule } },
      axisTick: { show: false },
      splitLine: { show: false },
    },
    yAxis: {
      type: 'value',
      min: 0,
      // Rounded, because ECharts reserves room for the label of the maximum although it is hidden.
      max: highest > 0 ? Number((highest * 1.12).toPrecision(3)) : 1,
      axisLabel: { ...text, showMaxLabel: false, formatter: format },
      axisLine: { show: false },
      axisTick: { show: false },
      splitLine: { lineStyle: { color: chartColors.rule } },
    },
    series: [...lines.map((line) => seriesOf(line, points)), ...limits.map(limitSeries), ...marks.map(markSeries)],
  };
}

function seriesOf({ color, dash, area, valueAt, name }: ChartLine, points: readonly LoadPoint[]): LineSeriesOption {
  return {
    type: 'line',
    name,
    silent: true,
    symbol: 'circle',
    showSymbol: false,
    // A single point would be a line of no length.
    ...(points.length === 1 ? { showSymbol: true, symbolSize: 6 } : {}),
    // A long load has more seconds than the chart has pixels; peaks and dips must be kept.
    sampling: 'minmax',
    lineStyle: { color, width: 2, type: dash },
    itemStyle: { color },
    ...(area ? { areaStyle: { color, opacity: 0.15 } } : {}),
    data: points.map((point, index) => [point.second, valueAt(point, index) ?? null]),
  };
}

const limitSeries = ({ at, label }: ChartLimit): LineSeriesOption => ({
  type: 'line',
  data: [],
  lineStyle: { color: chartColors.limit },
  markLine: {
    silent: true,
    symbol: 'none',
    // By default ECharts rounds to two decimals, which draws a limit of 0.5 % at 1 %.
    precision: 12,
    lineStyle: { color: chartColors.limit, width: 1.5, type: [8, 3, 2, 3] },
    data: [{ yAxis: at }],
    label: {
      position: 'insideEndTop',
      formatter: label,
      color: chartColors.limit,
      fontSize: 12,
      fontWeight: 'bold',
      textBorderColor: chartColors.paper,
      textBorderWidth: 3,
    },
  },
});

const markSeries = ({ second, label }: { readonly second: number; readonly label: string }): LineSeriesOption => ({
  type: 'line',
  data: [],
  markLine: {
    silent: true,
    symbol: 'none',
    precision: 12,
    lineStyle: { color: chartColors.ink, width: 1.5, type: 'solid' },
    data: [{ xAxis: second }],
    label: { formatter: label, color: chartColors.ink, fontSize: 12, position: 'insideEndTop', rotate: 0 },
  },
});

const twoDigits = (part: number): string => String(Math.floor(part)).padStart(2, '0');

/** 75 -> `1:15`, 3675 -> `1:01:15`. */
export function formatSecond(second: number): string {
  const minutes = Math.floor(second / 60);
  if (minutes < 60) return `${minutes}:${twoDigits(second % 60)}`;
  return `${Math.floor(minutes / 60)}:${twoDigits(minutes % 60)}:${twoDigits(second % 60)}`;
}
