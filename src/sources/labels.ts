import type { MetricSample } from './prometheus-text.ts';

/** `http_requests_total{route="/orders",status="200"}` */
export const formatSeries = ({ name, labels }: Pick<MetricSample, 'name' | 'labels'>): string =>
  `${name}{${formatLabels(labels)}}`;

export const formatLabels = (labels: MetricSample['labels']): string =>
  Object.entries(labels)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, text]) => `${name}="${text}"`)
    .join(',');
