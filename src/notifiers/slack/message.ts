import type { ChannelMessage } from '../../core/courtesy.ts';
import { oneLine, slackText } from './text.ts';

/**
 * Slack's limits of a header, of the text of a section, of the fallback text, and of the blocks of a message. All blocks
 * together are refused as msg_blocks_too_long from about 11 000 characters on, a limit that Slack does not document.
 */
const most = { header: 150, section: 3000, fallback: 3000, blocks: 50, links: 10, total: 10_000 } as const;
const line = { characters: 240, count: 12 } as const;

interface PlainText {
  readonly type: 'plain_text';
  readonly text: string;
  readonly emoji: false;
}
type SlackBlock =
  | { readonly type: 'header'; readonly text: PlainText }
  | { readonly type: 'section'; readonly text: PlainText }
  | { readonly type: 'context'; readonly elements: { readonly type: 'mrkdwn'; readonly text: string }[] };

export interface SlackMessage {
  /** What a notification shows, and a client without blocks. */
  readonly text: string;
  readonly blocks: SlackBlock[];
}

/** Texts from outside are plain text: mrkdwn would format a `*` in them, and make a link of an address. */
const plain = (text: string): PlainText => ({ type: 'plain_text', text, emoji: false });

export function renderSlackMessage({ title, facts, lists, links }: ChannelMessage): SlackMessage {
  const lines = facts.map(([label, text]) => `${label}: ${text}`);
  const blocks: SlackBlock[] = [
    { type: 'header', text: plain(oneLine(title, most.header)) },
    ...(lines.length === 0 ? [] : [section(slackText(lines.join('\n'), most.section))]),
    ...lists.map((list) => section(listText(list))),
    ...links.flatMap(({ text, url }) => linkOf(text, url)),
  ];
  return {
    text: slackText([title, ...lines].join('\n'), most.fallback),
    blocks: cutBlocks(blocks),
  };
}

const section = (text: string): SlackBlock => ({ type: 'section', text: plain(text) });

/** As many lines as fit, and how many there are. */
function listText({ title, noun, lines, most: count = line.count, marked }: ChannelMessage['lists'][number]): string {
  const heading = title === '' ? [] : [oneLine(title, line.characters)];
  const shown: string[] = [];
  const reserve = 60 + noun.length;
  for (const each of lines.slice(0, count)) {
    const text = oneLine(each, line.characters);
    const next = marked ? text : `• ${text}`;
    if ([...heading, ...shown, next].join('\n').length + reserve > most.section) break;
    shown.push(next);
  }
  const left = shown.length === lines.length ? [] : [`${lines.length} ${oneLine(noun, 60)}, ${shown.length} shown`];
  return [...heading, ...shown, ...left].join('\n');
}

function linkOf(text: string, url: string): SlackBlock[] {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return [];
  const address = new URL(url).href.replaceAll('|', '%7C').replaceAll('&', '&amp;').replaceAll(/[<>]/g, '');
  const label = oneLine(text, line.characters).replaceAll(/[|*_~`]/g, ' ');
  return address.length > 400
    ? []
    : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${address}|${label}>` }] }];
}

/** As many blocks as Slack accepts, and how many there are; the links at the end are kept. */
function cutBlocks(blocks: readonly SlackBlock[]): SlackBlock[] {
  const sizeOf = (some: readonly SlackBlock[]): number => JSON.stringify(some).length;
  if (blocks.length <= most.blocks && sizeOf(blocks) <= most.total) return [...blocks];
  const links = blocks.filter(({ type }) => type === 'context').slice(0, most.links);
  const room = most.total - sizeOf(links) - 200;
  let kept = blocks.filter(({ type }) => type !== 'context').slice(0, most.blocks - 1 - links.length);
  while (kept.length > 1 && sizeOf(kept) > room) kept = kept.slice(0, -1);
  return [...kept, section(`${blocks.length} blocks, ${kept.length + links.length} shown`), ...links];
}
