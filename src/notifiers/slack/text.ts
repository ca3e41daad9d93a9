const escapes: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' };

/** Control characters except line feed, and those that reorder or hide text. */
const unprintable = /[\p{Cc}\p{Surrogate}\u061C\u200B-\u200F\u202A-\u202E\u2060-\u2069\uFEFF\uFFFE\uFFFF]/gu;

/**
 * Text from outside as Slack shows it: without a mention, a link or a control character, and at most `most` characters as it
 * is sent. What is cut ends with `…`.
 */
export function slackText(text: string, most: number): string {
  const clean = text.replaceAll('\r\n', '\n').replace(unprintable, (each) => (each === '\n' ? each : '\uFFFD'));
  let sent = '';
  for (const character of clean) {
    const next = escapes[character] ?? character;
    if (sent.length + next.length > most) return `${cutTo(sent, most - 1)}…`;
    sent += next;
  }
  return sent;
}

/** Never in the middle of an entity or of a pair of surrogates. */
const cutTo = (sent: string, most: number): string =>
  sent
    .slice(0, most)
    .replace(/&[a-z]{0,3}$/, '')
    .replace(/[\uD800-\uDBFF]$/, '');

export const oneLine = (text: string, most: number): string => slackText(text.replaceAll(/\s+/g, ' ').trim(), most);
