import { z } from 'zod';
import { type Answer, type Asked, type Double, hasBearer, type Route } from './service.ts';
import { contentError, form, metadataSchema } from './slack-blocks.ts';

const content = { text: z.string().exactOptional(), blocks: z.unknown().optional() };
const webhooked = z.looseObject({ ...content, text: z.string().min(1) });
const posted = form({
  ...content,
  channel: z.string().min(1),
  thread_ts: z.string().exactOptional(),
  metadata: metadataSchema.exactOptional(),
});
const updated = form({
  ...content,
  channel: z.string().min(1),
  ts: z.string().min(1),
  metadata: metadataSchema.exactOptional(),
});
const flag = z.union([z.boolean(), z.enum(['true', 'false'])]).exactOptional();
const reading = {
  channel: z.string().min(1),
  include_all_metadata: flag,
  limit: z.coerce.number().int().min(1).max(999).exactOptional(),
};
const history = z.looseObject({
  ...reading,
  oldest: z.string().exactOptional(),
  latest: z.string().exactOptional(),
  inclusive: flag,
});
const replies = z.looseObject({ ...reading, ts: z.string().min(1) });

interface Message {
  readonly type: 'message';
  readonly ts: string;
  readonly thread_ts?: string;
  text: string;
  blocks?: unknown;
  metadata?: z.output<typeof metadataSchema>;
}

const isId = (channel: string): boolean => /^[CDG][A-Z0-9]{8,}$/.test(channel);
const ok = (body: object): Answer => ({
  status: 200,
  headers: { 'x-oauth-scopes': 'chat:write,channels:history,metadata.message:read' },
  body: { ok: true, ...body },
});
const refused = (error: string): Answer => ({ status: 200, body: { ok: false, error } });

interface Channels {
  readonly names: () => string[];
  /** Newest first. */
  readonly messagesIn: (channel: string) => readonly Message[];
  readonly add: (channel: string, message: Omit<Message, 'type' | 'ts'>) => Message;
}

function openChannels(): Channels {
  const channels = new Map<string, Message[]>();
  let count = 0;
  return {
    names: () => [...channels.keys()],
    messagesIn: (channel) => channels.get(channel) ?? [],
    add: (channel, message) => {
      const ts = `${Math.floor(Date.now() / 1000)}.${String(++count).padStart(6, '0')}`;
      const added = { type: 'message' as const, ts, ...message };
      channels.set(channel, [added, ...(channels.get(channel) ?? [])]);
      return added;
    },
  };
}

function post({ add, messagesIn }: Channels, { body }: Asked): Answer {
  const { channel, text = '', blocks, metadata, thread_ts: thread } = posted.parse(body);
  const error = contentError({ text, ...(blocks === undefined ? {} : { blocks }) });
  if (error !== undefined) return refused(error);
  // A name is accepted for posting only, and the answer has the id.
  const id = isId(channel) ? channel : `C${channel.replaceAll(/\W/g, '').toUpperCase().padEnd(9, '0')}`;
  if (thread !== undefined && !messagesIn(id).some(({ ts }) => ts === thread)) return refused('thread_not_found');
  const { ts } = add(id, {
    text,
    ...(blocks === undefined ? {} : { blocks }),
    ...(metadata ? { metadata } : {}),
    ...(thread === undefined ? {} : { thread_ts: thread }),
  });
  return ok({ channel: id, ts });
}

/** Only in the channel of the message. Without metadata a message keeps those that it has. */
function update({ messagesIn }: Channels, { body }: Asked): Answer {
  const { channel, ts, text, blocks, metadata } = updated.parse(body);
  if (!isId(channel)) return refused('channel_not_found');
  const found = messagesIn(channel).find((message) => message.ts === ts);
  if (!found) return refused('message_not_found');
  const given = { ...(text === undefined ? {} : { text }), ...(blocks === undefined ? {} : { blocks }) };
  const error = contentError(given);
  if (error !== undefined) return refused(error);
  Object.assign(found, given, metadata ? { metadata } : {});
  return ok({ channel, ts, text: found.text });
}

const shown = (messages: readonly Message[], all: unknown, limit = 100): object[] =>
  messages.slice(0, limit).map(({ metadata, ...message }) => ({
    ...message,
    ...(metadata && String(all) === 'true' ? { metadata } : {}),
  }));

function listHistory({ messagesIn }: Channels, { body }: Asked): Answer {
  const { channel, oldest = '0', latest, inclusive, include_all_metadata: all, limit } = history.parse(body);
  if (!isId(channel)) return refused('channel_not_found');
  const both = String(inclusive) === 'true';
  const isWithin = (ts: string): boolean =>
    (Number(ts) > Number(oldest) || (both && ts === oldest)) &&
    (latest === undefined || Number(ts) < Number(latest) || (both && ts === latest));
  // Replies are in their thread only.
  const messages = messagesIn(channel).filter(({ ts, thread_ts: thread }) => thread === undefined && isWithin(ts));
  return ok({ messages: shown(messages, all, limit), has_more: messages.length > (limit ?? 100) });
}

function listReplies({ messagesIn }: Channels, { body }: Asked): Answer {
  const { channel, ts, include_all_metadata: all, limit } = replies.parse(body);
  const messages = messagesIn(channel).toReversed();
  if (!messages.some((message) => message.ts === ts)) return refused('thread_not_found');
  const own = messages.filter((message) => message.ts === ts || message.thread_ts === ts);
  return ok({ messages: shown(own, all, limit), has_more: own.length > (limit ?? 100) });
}

const routesOf = (channels: Channels): Route[] => [
  {
    method: 'POST',
    path: '/services/:team/:channel/:secret',
    body: webhooked,
    answer: ({ params, body }) => {
      const { text, blocks } = webhooked.parse(body);
      const given = blocks === undefined ? { text } : { text, blocks };
      const error = contentError(given);
      if (error !== undefined) return { status: 400, body: error };
      channels.add(`webhook ${params['channel']}`, given);
      return { status: 200, body: 'ok' };
    },
  },
  { method: 'POST', path: '/api/chat.postMessage', body: posted, answer: (asked) => post(channels, asked) },
  { method: 'POST', path: '/api/chat.update', body: updated, answer: (asked) => update(channels, asked) },
  {
    method: 'POST',
    path: '/api/conversations.history',
    body: history,
    answer: (asked) => listHistory(channels, asked),
  },
  {
    method: 'POST',
    path: '/api/conversations.replies',
    body: replies,
    answer: (asked) => listReplies(channels, asked),
  },
  { method: 'POST', path: '/api/auth.test', answer: () => ok({ team: 'FreeTask', user: 'shiproom' }) },
  // Not of Slack: the messages as they are now, to inspect the sandbox.
  { method: 'GET', path: '/_channels', answer: () => ({ status: 200, body: channels.names() }) },
  {
    method: 'GET',
    path: '/_channels/:channel',
    answer: ({ params }) => ({ status: 200, body: channels.messagesIn(params['channel'] ?? '') }),
  },
];

/** Incoming webhooks answer in plain text; the Web API answers 200 with `ok: false` when something is wrong. */
export const slack = (): Double => ({
  name: 'slack',
  prefix: '/slack',
  routes: routesOf(openChannels()),
  refuse: (headers, _, path) =>
    /^\/(services|_channels)(\/|$)/.test(path) || hasBearer(headers) ? undefined : refused('not_authed'),
  notFound: { status: 404, body: 'no_team' },
  invalid: (why, path) =>
    path.startsWith('/api/') ? refused(`invalid_arguments: ${why}`) : { status: 400, body: 'invalid_payload' },
  refusal: refused('internal_error'),
});
