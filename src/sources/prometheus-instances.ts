import type { Counted } from '../core/counted.ts';
import { readCounters } from './counters.ts';
import type { SampledSeries } from './prometheus-query.ts';
import type { MetricSample } from './prometheus-text.ts';
import type { Scrape } from './scrape.ts';

/** The newest scrape of each instance; a series that is not part of it is missing, whatever value it had before. */
export function instancesOf(series: readonly SampledSeries[], counted: Counted): Scrape[] {
  const instances = new Map<string, SampledSeries[]>();
  for (const each of series) {
    const { instance = '', job = '' } = each.labels;
    const key = job === '' ? instance : `${instance} (job ${job})`;
    instances.set(key, [...(instances.get(key) ?? []), each]);
  }
  return [...instances].map(([url, all]) => scrapeOf(url, all, counted));
}

function scrapeOf(url: string, series: readonly SampledSeries[], counted: Counted): Scrape {
  const newestMs = Math.max(...series.flatMap(({ samples }) => samples.map(({ atMs }) => atMs)));
  const at = new Date(newestMs).toISOString();
  const current = series.flatMap(({ labels, samples }): MetricSample[] => {
    const last = samples.at(-1);
    return last?.atMs === newestMs ? [sampleOf(labels, last.value)] : [];
  });
  const counters = readCounters(current, counted);
  if ('problem' in counters) return { url, at, problem: `${url}: ${counters.problem}` };
  const resetMs = lastReset(series, counted.names.startTime);
  return { url, at, counters, ...(resetMs === undefined ? {} : { resetAt: new Date(resetMs).toISOString() }) };
}

/** Instance and job are the same for every series of an instance, and are left out. */
function sampleOf(labels: SampledSeries['labels'], value: number): MetricSample {
  const own = Object.entries(labels).filter(([label]) => !['__name__', 'instance', 'job'].includes(label));
  return { name: labels['__name__'] ?? '', labels: Object.fromEntries(own), value };
}

/** When a counter last fell, or the start of the process changed: with a new start every counter starts at 0. */
function lastReset(series: readonly SampledSeries[], startTime: string): number | undefined {
  const resets = series.flatMap(({ labels, samples }) =>
    samples.flatMap(({ atMs, value }, index) => {
      const before = samples[index - 1];
      const isReset = before && (labels['__name__'] === startTime ? value !== before.value : value < before.value);
      return isReset ? [atMs] : [];
    }),
  );
  return resets.length === 0 ? undefined : Math.max(...resets);
}
