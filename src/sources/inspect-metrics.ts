import { type Counted, counterOf } from '../core/counted.ts';
import { formatMs, type Slo } from '../core/slo.ts';
import { ask } from '../system/http.ts';
import { similarNames } from './name-hints.ts';
import { countObjectives } from './objectives.ts';
import { declaredNames, parsePrometheusText } from './prometheus-text.ts';
import { readAnswer } from './scrape.ts';

/** What a metrics page counts of the objectives. */
export interface MetricsPage {
  /** Ids of the objectives that it counts, with the bucket edge that stands for a limit without one. */
  readonly counted: readonly string[];
  /** What is missing, and which similar names there are. */
  readonly missing: readonly string[];
}

/** Asks a metrics page once whether it has what the objectives need. Never throws. */
export async function inspectMetrics(url: string, counted: Counted): Promise<MetricsPage> {
  const answer = await ask({ url, timeoutMs: 5000 });
  const { counters, problem } = readAnswer({ url, at: '' }, answer, counted);
  if (!counters || !answer.ok) return { counted: [], missing: [problem ?? 'no counters'] };
  const names = new Set([...parsePrometheusText(answer.text).map(({ name }) => name), ...declaredNames(answer.text)]);
  const { edges, unknown } = countObjectives([], counters, counted);
  const found: string[] = [];
  const missing: string[] = [];
  for (const slo of counted.slos) {
    const why = unknown[slo.id] ?? missingCounter(slo, counted, names);
    const edge = edges[slo.id];
    if (why !== undefined) missing.push(`${slo.id}: ${why}${similarTo(slo, counted, names)}`);
    else found.push(edge === undefined ? slo.id : `${slo.id} (at the bucket of ${formatMs(edge)})`);
  }
  return { counted: found, missing };
}

/** A counter of attempts without any series may be another one's name. */
function missingCounter(slo: Slo, { names }: Counted, onPage: ReadonlySet<string>): string | undefined {
  const counter = slo.event.kind === 'failed-payment' ? counterOf(slo, names) : undefined;
  if (!counter || onPage.has(counter.name) || onPage.has(counter.name.replace(/_total$/, ''))) return undefined;
  return `no ${counter.name}`;
}

function similarTo(slo: Slo, { names }: Counted, onPage: ReadonlySet<string>): string {
  const wanted = {
    'slow-response': names.durations,
    'server-error': names.requests ?? names.durations,
    'failed-payment': counterOf(slo, names)?.name ?? 'payment attempts total',
    'crashed-session': 'sessions',
  }[slo.event.kind];
  const similar = similarNames(wanted, [...onPage]).filter((name) => name !== wanted);
  return similar.length === 0 ? '' : `; similar names on the page: ${similar.join(', ')}`;
}
