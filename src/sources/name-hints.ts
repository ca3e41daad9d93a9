import { type MetricNames, metricPresets } from '../core/metric-names.ts';
import type { MetricSample } from './prometheus-text.ts';

const shown = 3;

/** What a page has instead of the histogram that is set: another preset's, or metrics with a similar name. */
export function suggestNames({ durations }: Pick<MetricNames, 'durations'>, samples: readonly MetricSample[]): string {
  const families = [...new Set(samples.map(({ name }) => familyOf(name)))];
  const preset = Object.entries(metricPresets).find(([, each]) => families.includes(each.durations));
  if (preset) return `; the page has ${preset[1].durations}: metrics: { preset: ${preset[0]} } in the target file`;
  const similar = similarNames(durations, families);
  return similar.length === 0 ? '' : `; similar names on the page: ${similar.join(', ')}`;
}

/** The preset of a counter with another label for its status. */
export function suggestStatus({ name, labels }: MetricSample): string {
  const preset = Object.entries(metricPresets).find(
    ([, each]) =>
      /^[1-5]/.test(labels[each.status] ?? '') && name.startsWith('requests' in each ? each.requests : each.durations),
  );
  return preset ? `; metrics: { preset: ${preset[0]} } in the target file reads ${preset[1].status}` : '';
}

/** Names that share most words with the wanted one, the most similar first. */
export function similarNames(wanted: string, names: readonly string[]): string[] {
  const words = wordsOf(wanted);
  return names
    .map((name) => ({ name, shared: wordsOf(name).filter((word) => words.includes(word)).length }))
    .filter(({ shared }) => shared >= Math.min(2, words.length))
    .toSorted((a, b) => b.shared - a.shared)
    .slice(0, shown)
    .map(({ name }) => name);
}

/** `requests` and `request` are one word. */
const wordsOf = (name: string): string[] =>
  name
    .toLowerCase()
    .split(/[_:]+/)
    .map((word) => word.replace(/s$/, ''));

/** A histogram's name without what is added to it on the page. */
export const familyOf = (name: string): string => name.replace(/_(?:bucket|count|sum)$/, '');
