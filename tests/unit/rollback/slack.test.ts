import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChannelMessage } from '../../../src/core/courtesy.ts';
import { renderSlackMessage } from '../../../src/notifiers/slack/message.ts';
import { slackText } from '../../../src/notifiers/slack/text.ts';

const message = (more: Partial<ChannelMessage>): ChannelMessage => ({
  marker: 'm',
  notBefore: '2026-11-26T00:00:00Z',
  title: 'Rolled back',
  facts: [],
  lists: [],
  links: [],
  ...more,
});
const commits = readFileSync(join(import.meta.dirname, 'commits.txt'), 'utf8')
  .trim()
  .split('\n');
const textsOf = (value: unknown): string[] =>
  typeof value === 'object' && value !== null
    ? Object.entries(value).flatMap(([key, each]) =>
        key === 'text' && typeof each === 'string' ? [each] : textsOf(each),
      )
    : [];

/** A `<` that was not ours would be a mention or a link; an `&` that is no entity would swallow what follows. */
const foreignMarkup = /<(?!https:\/\/report\.example\/)|&(?!amp;|lt;|gt;)/;

/** Long, of what Slack's markup and the encoding of a text can trip over. */
const outside = fc
  .tuple(
    fc.string({ unit: fc.constantFrom('<', '>', '&', '😀', 'a', '\n', '\u202E', '*', '\uD83D'), maxLength: 20 }),
    fc.nat(200),
  )
  .map(([text, times]) => text.repeat(times));

describe('a message to Slack', () => {
  it('counts commits that it does not show, and pings nobody', () => {
    const { text, blocks } = renderSlackMessage(
      message({
        title: '<!channel> & <@U024BE7LH>',
        facts: [['Release', '<https://evil.example|the report>']],
        lists: [{ title: 'Commits', noun: 'commits', lines: commits }],
        links: [{ text: 'Report <!here>', url: 'https://report.example/a?b=1&c=<x>|y' }],
      }),
    );
    const all = [text, ...textsOf(blocks)];
    expect(all.filter((each) => foreignMarkup.test(each))).toEqual([]);
    expect(all.join('\n')).toContain(`${commits.length} commits, 12 shown`);
    expect(all.join('\n')).toContain('&lt;!here&gt; please review');
    expect(all.at(-1)).toBe('<https://report.example/a?b=1&amp;c=%3Cx%3E%7Cy|Report &lt;!here&gt;>');
  });

  it('has at most 50 blocks, and says so', () => {
    const lists = Array.from({ length: 60 }, (_, index) => ({ title: `List ${index}`, noun: 'lines', lines: ['x'] }));
    const { blocks } = renderSlackMessage(message({ lists }));
    expect(blocks.length).toBe(50);
    expect(JSON.stringify(blocks.at(-1))).toContain('61 blocks, 49 shown');
  });

  it('no text from outside breaks a limit or the escaping', () =>
    fc.assert(
      fc.property(fc.array(outside, { maxLength: 8 }), (lines) => {
        const { text, blocks } = renderSlackMessage(
          message({
            title: lines.join('') || 'x',
            facts: lines.map((line) => [line, line]),
            lists: [{ title: 'L', noun: 'lines', lines }],
          }),
        );
        for (const each of [text, ...textsOf(blocks)]) {
          expect(each.length).toBeLessThanOrEqual(3000);
          expect(foreignMarkup.test(each)).toBe(false);
          expect(/\p{Surrogate}/u.test(each)).toBe(false);
        }
        expect(textsOf(blocks)[0]?.length).toBeLessThanOrEqual(150);
      }),
    ));

  it.each([
    ['<<<<', 10, '&lt;&lt;…'],
    ['ab<', 5, 'ab…'],
    ['😀😀😀', 4, '😀…'],
    ['\u202Egnirts\u0007', 20, '\uFFFDgnirts\uFFFD'],
  ])('%j in %i characters is %j', (text, most, expected) => expect(slackText(text, most)).toBe(expected));
});
