/** One sample of a Prometheus text page. */
export interface MetricSample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

const line = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})?\s+(\S+)(?:\s+-?\d+)?$/;
const label = /([a-zA-Z_]\w*)="((?:[^"\\]|\\.)*)"\s*(?:,|$)/y;
const escapes: Readonly<Record<string, string>> = { n: '\n', '"': '"', '\\': '\\' };

/**
 * Parses the Prometheus text exposition format, version 0.0.4 (the parsers on npm are unmaintained, and the format is
 * frozen). Throws SyntaxError with the line number for anything that is not in the format: a page is read whole or not at all.
 */
export function parsePrometheusText(text: string): MetricSample[] {
  const samples: MetricSample[] = [];
  for (const [index, raw] of text.split('\n').entries()) {
    const content = raw.trim();
    if (content === '' || content.startsWith('#')) continue;
    const match = line.exec(content);
    if (!match) throw new SyntaxError(`line ${index + 1} is not in the Prometheus text format`);
    const [, name = '', labels, value = ''] = match;
    samples.push({ name, labels: parseLabels(labels ?? '', index + 1), value: parseValue(value, index + 1) });
  }
  return samples;
}

function parseLabels(text: string, lineNumber: number): Record<string, string> {
  const labels: Record<string, string> = {};
  label.lastIndex = 0;
  let read = 0;
  while (read < text.trimEnd().length) {
    const match = label.exec(text);
    if (!match) throw new SyntaxError(`line ${lineNumber} has a broken label`);
    labels[match[1] ?? ''] = (match[2] ?? '').replaceAll(/\\(.)/g, (whole, sign: string) => escapes[sign] ?? whole);
    read = label.lastIndex;
  }
  return labels;
}

function parseValue(text: string, lineNumber: number): number {
  const special = { '+Inf': Infinity, Inf: Infinity, '-Inf': -Infinity, NaN: Number.NaN }[text];
  const value = special ?? Number(text);
  if (Number.isNaN(value) && text !== 'NaN') throw new SyntaxError(`line ${lineNumber} has the value "${text}"`);
  return value;
}
