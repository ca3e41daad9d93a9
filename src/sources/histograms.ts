import type { MetricNames } from '../core/metric-names.ts';
import { formatCount } from '../core/slo.ts';
import { formatLabels } from './labels.ts';
import type { MetricSample } from './prometheus-text.ts';

/** Buckets of a histogram are cumulative, and the last one is its count. */
export function notCumulative(samples: readonly MetricSample[], { durations }: MetricNames): string | undefined {
  const histograms = new Map<string, MetricSample[]>();
  for (const sample of samples.filter(({ name }) => name.startsWith(`${durations}_`))) {
    const { le: _, ...labels } = sample.labels;
    const key = formatLabels(labels);
    histograms.set(key, [...(histograms.get(key) ?? []), sample]);
  }
  for (const [labels, histogram] of histograms) {
    const problem = brokenBuckets(histogram, durations);
    if (problem !== undefined) return `${durations}{${labels}}: ${problem}`;
  }
  return undefined;
}

function brokenBuckets(histogram: readonly MetricSample[], durations: string): string | undefined {
  const buckets = histogram
    .filter(({ name }) => name === `${durations}_bucket`)
    .map(({ labels, value }) => ({ le: labels['le'] ?? '', edge: parseEdge(labels['le'] ?? ''), value }))
    .toSorted((a, b) => a.edge - b.edge);
  const noEdge = buckets.find(({ edge }) => Number.isNaN(edge));
  if (noEdge) return `a bucket has the edge le="${noEdge.le}"`;
  for (const [index, bucket] of buckets.entries()) {
    const lower = buckets[index - 1];
    if (lower && bucket.value < lower.value)
      return `bucket le=${bucket.le} (${formatCount(bucket.value)}) is below le=${lower.le} (${formatCount(lower.value)})`;
  }
  const last = buckets.at(-1);
  const count = histogram.find(({ name }) => name === `${durations}_count`);
  if (last && count && last.edge === Infinity && last.value !== count.value)
    return `bucket le=${last.le} (${formatCount(last.value)}) differs from the count (${formatCount(count.value)})`;
  return undefined;
}

/** The upper edge of a bucket in milliseconds; NaN where it is none. */
export const edgeOf = ({ le = '' }: MetricSample['labels'], { unit }: MetricNames): number =>
  // 0.7 s is 700 ms, and not 700.0000000000001.
  Number((parseEdge(le) * (unit === 'seconds' ? 1000 : 1)).toPrecision(12));

function parseEdge(le: string): number {
  if (/^\+?inf$/i.test(le)) return Infinity;
  return le.trim() === '' ? Number.NaN : Number(le);
}
