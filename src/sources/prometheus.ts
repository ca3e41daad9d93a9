import { counterOf, type Counted } from '../core/counted.ts';
import { UserError } from '../core/errors.ts';
import { namesInstances, type PrometheusSettings } from '../core/metrics-source.ts';
import type { Clock } from '../system/clock.ts';
import { type PrometheusServer, querySamples, type SampledSeries } from './prometheus-query.ts';
import { instancesOf } from './prometheus-instances.ts';
import type { Scrape } from './scrape.ts';
import type { MeasuredSide, Reading, Source } from './source.ts';

interface Context {
  readonly counted: Counted;
  readonly clock: Clock;
  readonly variables: Readonly<Record<string, string | undefined>>;
}

/**
 * The counters of the instances as a Prometheus scraped them. One query asks for the raw samples of the last scrapes, so that
 * all series of an instance are those of one scrape, and the difference of two readings is that of two scrapes: no rate() and
 * no extrapolation. Throws UserError where the variable with its token is not set.
 */
export function createPrometheusSource(settings: PrometheusSettings, { counted, clock, variables }: Context): Source {
  const { url, timeoutMs, scrapeIntervalMs } = settings;
  const server: PrometheusServer = { url, timeoutMs, token: tokenOf(settings, variables) };
  const windowMs = 2 * scrapeIntervalMs + timeoutMs;

  const readOnce = async (side: MeasuredSide, signal: AbortSignal): Promise<Scrape[]> => {
    if (!side.isWhole && side.instances.length === 0) return [];
    const at = new Date(clock.now()).toISOString();
    const blind = (problem: string): Scrape[] => [{ url, at, problem: `Prometheus at ${url}: ${problem}` }];
    const selector = selectorOf(side, settings, counted);
    if (typeof selector !== 'string') return blind(selector.problem);
    const series = await querySamples(`${selector}[${windowMs}ms]`, server, { clock, signal });
    if ('problem' in series) return blind(series.problem);
    return readingOf(series, side, { settings, selector, counted, at });
  };
  const read: Source['read'] = async (side, { after, signal }) => {
    const giveUpMs = clock.monotonic() + windowMs;
    const earlier = after ?? (await readOnce(side, signal));
    for (;;) {
      const reading = await readOnce(side, signal);
      const waiting = reading.filter((each) => !isNewer(each, earlier));
      // What no scrape changes is reported at once; the next observation asks again.
      const isBlind = reading.some(({ url: of, problem }) => of === url && problem !== undefined);
      if (waiting.length === 0 || isBlind || signal.aborted) return reading;
      if (clock.monotonic() >= giveUpMs) return reading.map((each) => (waiting.includes(each) ? stale(each) : each));
      await clock.sleep(Math.min(1000, scrapeIntervalMs / 5), signal);
    }
  };
  return { name: 'prometheus', read };
}

/** An instance whose last scrape cannot be read is not waited for: it was scraped. */
const isNewer = ({ url, at }: Scrape, earlier: Reading): boolean => {
  const first = earlier.find((each) => each.url === url);
  return first === undefined || Date.parse(at) > Date.parse(first.at);
};

const stale = ({ url, at, problem }: Scrape): Scrape => ({
  url,
  at,
  problem: problem ?? `${url}: no new scrape since ${at}`,
});

function tokenOf({ token }: PrometheusSettings, variables: Context['variables']): string | undefined {
  if (token === undefined) return undefined;
  const value = variables[token];
  if (value) return value;
  throw new UserError(
    `The environment variable ${token} is not set; metrics.source.token of the target file names it.`,
    [`export ${token}=…`],
  );
}

/** `{__name__=~"…",color="green"}`, or what is not known to fill it. */
function selectorOf(
  side: MeasuredSide,
  settings: PrometheusSettings,
  { slos, names }: Counted,
): string | { readonly problem: string } {
  if (!side.isWhole && !namesInstances(settings) && !usesRelease(settings))
    return { problem: 'its labels do not distinguish the instances of a colour: use {host} or {place}' };
  if (side.release === undefined && usesRelease(settings)) return { problem: 'the release of this side is not known' };
  const metrics = [
    names.startTime,
    ...(names.requests === undefined ? [] : [names.requests]),
    `${names.durations}_bucket`,
    `${names.durations}_count`,
    ...slos.flatMap((slo) => (slo.event.kind === 'failed-payment' ? (counterOf(slo, names)?.name ?? []) : [])),
  ];
  const labels = Object.entries(settings.labels).map(
    ([label, template]) => `${label}=~${quote(pattern(template, side))}`,
  );
  return `{${[`__name__=~${quote([...new Set(metrics)].join('|'))}`, ...labels].join(',')}}`;
}

const usesRelease = ({ labels }: PrometheusSettings): boolean =>
  Object.values(labels).some((template) => template.includes('{release}'));

/** A regular expression of RE2 that matches the whole value, once for each instance where the label has one. */
function pattern(template: string, { colour, release = '', instances }: MeasuredSide): string {
  const filled = (place: string, host: string) =>
    template
      .split(/(\{(?:colour|release|place|host)\})/)
      .map((part) =>
        escapePattern({ '{colour}': colour, '{release}': release, '{place}': place, '{host}': host }[part] ?? part),
      )
      .join('');
  const values = instances.map(({ name, host }) => filled(name, host));
  return [...new Set(values.length === 0 ? [filled('', '')] : values)].join('|');
}

const escapePattern = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`);
const quote = (text: string): string => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`;

/** One scrape for each instance that Prometheus has, and a problem where it has fewer than the side. */
function readingOf(
  series: readonly SampledSeries[],
  side: MeasuredSide,
  { settings, selector, counted, at }: { settings: PrometheusSettings; selector: string; counted: Counted; at: string },
): Scrape[] {
  const found = instancesOf(series, counted);
  const wanted = side.instances.length;
  if (found.length >= Math.max(1, wanted)) return found;
  const names = found.map(({ url }) => url).join(', ') || 'none';
  const problem = `Prometheus at ${settings.url} has ${found.length} of ${wanted} instances of ${selector}: ${names}`;
  return [...found, { url: settings.url, at, problem }];
}
