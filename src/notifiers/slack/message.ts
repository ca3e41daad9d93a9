import type { ChannelMessage } from '../../core/courtesy.ts';
import { oneLine, slackText } from './text.ts';

/** Slack's limits of a header, of the text of a section, of the fallback text, and of the blocks of a message. */
const most = { header: 150, section: 3000, fallback: 3000, blocks: 50 } as const;
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
    ...lists.map(({ title: heading, noun, lines: all }) => section(listText(heading, noun, all))),
    ...links.flatMap(({ text, url }) => linkOf(text, url)),
  ];
  return {
    text: slackText([title, ...lines].join('\n'), most.fallback),
    blocks: blocks.length <= most.blocks ? blocks : cutBlocks(blocks),
  };
}

const section = (text: string): SlackBlock => ({ type: 'section', text: plain(text) });

/** As many lines as fit, and how many there are. */
function listText(title: string, noun: string, lines: readonly string[]): string {
  const heading = oneLine(title, line.characters);
  const shown: string[] = [];
  const reserve = 60 + noun.length;
  for (const each of lines.slice(0, line.count)) {
    const next = `• ${oneLine(each, line.characters)}`;
    if ([heading, ...shown, next].join('\n').length + reserve > most.section) break;
    shown.push(next);
  }
  const count = shown.length === lines.length ? [] : [`${lines.length} ${oneLine(noun, 60)}, ${shown.length} shown`];
  return [heading, ...shown, ...count].join('\n');
}

function linkOf(text: string, url: string): SlackBlock[] {
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) return [];
  const address = new URL(url).href.replaceAll('|', '%7C').replaceAll('&', '&amp;').replaceAll(/[<>]/g, '');
  const label = oneLine(text, line.characters).replaceAll(/[|*_~`]/g, ' ');
  return address.length > 2000
    ? []
    : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${address}|${label}>` }] }];
}

function cutBlocks(blocks: readonly SlackBlock[]): SlackBlock[] {
  const kept = blocks.slice(0, most.blocks - 1);
  return [...kept, section(`${blocks.length} blocks, ${kept.length} shown`)];
}
