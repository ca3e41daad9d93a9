import { stripVTControlCharacters } from 'node:util';

/** Longer texts are cut: the evidence files have them whole, and a report has to open at once. */
const maxLength = 8_000;

/** Control characters except tab and line feed, bidirectional overrides, lone surrogates, non-characters. */
const unprintable = /[\p{Cc}\p{Surrogate}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/gu;

/** Text from outside that every format can hold: no terminal sequences, nothing that XML forbids or that reorders text. */
function sanitizeText(text: string): string {
  const cut =
    text.length > maxLength ? `${text.slice(0, maxLength)}… (${text.length - maxLength} more characters)` : text;
  return stripVTControlCharacters(cut)
    .replaceAll('\r\n', '\n')
    .replace(unprintable, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'));
}

/** The same value with every text in it sanitized; done once before rendering, so that no renderer can forget it. */
export function sanitize<T>(value: T): T;
export function sanitize(value: unknown): unknown {
  if (typeof value === 'string') return sanitizeText(value);
  if (Array.isArray(value)) return value.map((each: unknown) => sanitize(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [sanitizeText(key), sanitize<unknown>(each)]));
}
