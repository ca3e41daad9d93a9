/** One sample of a metrics page. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const quoted = String.raw`"(?:[^"\\]|\\.)*"`;
/** A label, or a metric's name in quotes. */
const item = String.raw`(?:(?:[a-zA-Z_]\w*|${quoted})\s*=\s*${quoted}|${quoted})`;
const braces = String.raw`\{\s*(?:${item}\s*(?:,\s*${item}\s*)*(?:,\s*)?)?\}`;
const number = String.raw`[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?`;
const value = String.raw`(?:${number}|[+-]?[iI][nN][fF](?:[iI][nN][iI][tT][yY])?|[nN][aA][nN])`;
const exemplar = String.raw`#\s*${braces}\s*${value}(?:\s+${number})?`;
const line = new RegExp(
  String.raw`^\s*(?:([a-zA-Z_:][\w:]*)(?=[\s{]))?\s*(${braces})?\s*(${value})(?:\s+${number})?(?:\s+${exemplar})?\s*$`,
);
const items = new RegExp(String.raw`(?:([a-zA-Z_]\w*|${quoted})\s*=\s*)?(${quoted})`, 'g');
const escapes: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/** Whether the page has the last line of an OpenMetrics page. */
export const hasEnd = (text: string): boolean => /(?:^|\n)# EOF\r?\n?$/.test(text);

/** Metrics that the page declares, also those that have no series yet. */
export const declaredNames = (text: string): string[] =>
  [...text.matchAll(/^# TYPE ([a-zA-Z_:][\w:]*) /gm)].flatMap(([, name]) => name ?? []);

/**
 * Parses a page in the Prometheus text format 0.0.4 or OpenMetrics 1.0, with quoted UTF-8 names as Prometheus 3 writes them;
 * exemplars and timestamps are read and dropped. Throws SyntaxError with number and beginning of the first line that is not
 * supported, and for a page that is cut off: a page is read whole or not at all.
 */
export function parsePrometheusText(text: string, format: 'text' | 'openmetrics' = 'text'): MetricSample[] {
  if (format === 'openmetrics' && !hasEnd(text)) throw new SyntaxError('the page ends before # EOF');
  const samples: MetricSample[] = [];
  const lines = text.split('\n');
  for (const [index, content] of lines.entries()) {
    if (/^\s*(?:#.*)?$/.test(content)) continue;
    const sample = parseSample(content);
    if (!sample) throw new SyntaxError(`line ${index + 1} is not supported: ${content.trim().slice(0, 60)}`);
    if (index === lines.length - 1) throw new SyntaxError(`the page ends within line ${index + 1}`);
    samples.push(sample);
  }
  return samples;
}

function parseSample(content: string): MetricSample | undefined {
  const match = line.exec(content);
  if (!match) return undefined;
  const [, plainName, inBraces = '', text = ''] = match;
  const names = plainName === undefined ? [] : [plainName];
  const labels: Record<string, string> = {};
  for (const [, key, quotedValue = ''] of inBraces.matchAll(items)) {
    if (key === undefined) names.push(unquote(quotedValue));
    else if (Object.hasOwn(labels, unquote(key))) return undefined;
    else labels[unquote(key)] = unquote(quotedValue);
  }
  const [name] = names;
  return name !== undefined && names.length === 1 ? { name, labels, value: parseMetricValue(text) } : undefined;
}

const unquote = (text: string): string =>
  text.startsWith('"') ? text.slice(1, -1).replaceAll(/\\(.)/g, (whole, sign: string) => escapes[sign] ?? whole) : text;

const wholeValue = new RegExp(`^${value}$`);

/** The value of a sample. Throws SyntaxError for anything else. */
export function parseMetricValue(text: string): number {
  if (!wholeValue.test(text)) throw new SyntaxError(`the value "${text.slice(0, 40)}" is not a number`);
  if (/inf/i.test(text)) return text.startsWith('-') ? -Infinity : Infinity;
  return /nan/i.test(text) ? Number.NaN : Number(text);
}
