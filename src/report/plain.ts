import { stripVTControlCharacters } from 'node:util';

/** Longer texts are cut: the whole of them is in the evidence files, and a report has to open at once. */
const longest = 8_000;

/** Control characters but for tab and line feed, bidirectional overrides that reorder what is read, lone surrogates, non-characters. */
const unprintable = /[\p{Cc}\p{Surrogate}\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069\uFFFE\uFFFF]/gu;

/** Text from outside as every rendering can show it: no terminal sequences, nothing that XML forbids or that lies to the eye. */
function plainText(text: string): string {
  const cut = text.length > longest ? `${text.slice(0, longest)}… (${text.length - longest} more characters)` : text;
  return stripVTControlCharacters(cut)
    .replaceAll('\r\n', '\n')
    .replace(unprintable, (character) => (character === '\n' || character === '\t' ? character : '\uFFFD'));
}

/** The same value with every text in it made plain; done once at the door, so that no renderer can forget it. */
export function plain<T>(value: T): T;
export function plain(value: unknown): unknown {
  if (typeof value === 'string') return plainText(value);
  if (Array.isArray(value)) return value.map((each: unknown) => plain(each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [plainText(key), plain<unknown>(each)]));
}
