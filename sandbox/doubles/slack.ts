import { z } from 'zod';
import { type Answer, type Double, hasBearer, type Route } from './service.ts';

const plainText = z.looseObject({ type: z.literal('plain_text'), text: z.string().min(1).max(150) });
const mrkdwn = z.looseObject({ type: z.enum(['mrkdwn', 'plain_text']), text: z.string().min(1).max(3000) });
const fieldText = z.looseObject({ type: z.enum(['mrkdwn', 'plain_text']), text: z.string().min(1).max(2000) });
const block = z.discriminatedUnion('type', [
  z.looseObject({ type: z.literal('header'), text: plainText }),
  z.looseObject({
    type: z.literal('section'),
    text: mrkdwn.exactOptional(),
    fields: z.array(fieldText).min(1).max(10).exactOptional(),
  }),
  z.looseObject({ type: z.literal('context'), elements: z.array(mrkdwn).min(1).max(10) }),
  z.looseObject({ type: z.literal('divider') }),
]);
/** Slack refuses more than 50 blocks, and cuts a text at 40 000 characters. */
const content = {
  text: z.string().min(1).max(40_000),
  blocks: z.array(block).min(1).max(50).exactOptional(),
};
const metadata = z.strictObject({
  event_type: z.string().min(1).max(255),
  event_payload: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});

/** A form of the Web API: its structured fields are JSON. */
const form = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess((value) => {
    if (typeof value !== 'object' || value === null) return value;
    const parsed = Object.entries(value).map(([key, each]: [string, unknown]) =>
      (key === 'blocks' || key === 'metadata') && typeof each === 'string' ? [key, JSON.parse(each)] : [key, each],
    );
    return Object.fromEntries(parsed) as unknown;
  }, z.looseObject(shape));

const posted = form({ ...content, channel: z.string().min(1), metadata: metadata.exactOptional() });
const updated = form({ ...content, channel: z.string().min(1), ts: z.string().min(1) });
const history = z.looseObject({
  channel: z.string().min(1),
  oldest: z.string().exactOptional(),
  include_all_metadata: z.union([z.boolean(), z.enum(['true', 'false'])]).exactOptional(),
  limit: z.coerce.number().int().min(1).max(999).exactOptional(),
});

interface Message {
  readonly type: 'message';
  readonly ts: string;
  text: string;
  blocks?: unknown;
  readonly metadata?: z.output<typeof metadata>;
}

const isId = (channel: string): boolean => /^[CDG][A-Z0-9]{8,}$/.test(channel);
const ok = (body: object): Answer => ({
  status: 200,
  headers: { 'x-oauth-scopes': 'chat:write,channels:history,metadata.message:read' },
  body: { ok: true, ...body },
});
const refused = (error: string): Answer => ({ status: 200, body: { ok: false, error } });

interface Channels {
  /** Newest first. */
  readonly messagesIn: (channel: string) => readonly Message[];
  readonly add: (channel: string, message: Omit<Message, 'type' | 'ts'>) => Message;
}

function openChannels(): Channels {
  const channels = new Map<string, Message[]>();
  let count = 0;
  return {
    messagesIn: (channel) => channels.get(channel) ?? [],
    add: (channel, message) => {
      const ts = `${Math.floor(Date.now() / 1000)}.${String(++count).padStart(6, '0')}`;
      const added = { type: 'message' as const, ts, ...message };
      channels.set(channel, [added, ...(channels.get(channel) ?? [])]);
      return added;
    },
  };
}

const routesOf = ({ add, messagesIn }: Channels): Route[] => [
  {
    method: 'POST',
    path: '/services/:team/:channel/:secret',
    body: z.looseObject(content),
    answer: ({ params, body }) => {
      add(`webhook ${params['channel']}`, z.looseObject(content).parse(body));
      return { status: 200, body: 'ok' };
    },
  },
  {
    method: 'POST',
    path: '/api/chat.postMessage',
    body: posted,
    answer: ({ body }) => {
      const { channel, text, blocks, metadata: data } = posted.parse(body);
      // A name is accepted for posting only, and the answer has the id.
      const id = isId(channel) ? channel : `C${channel.replaceAll(/\W/g, '').toUpperCase().padEnd(9, '0')}`;
      const { ts } = add(id, { text, ...(blocks ? { blocks } : {}), ...(data ? { metadata: data } : {}) });
      return ok({ channel: id, ts });
    },
  },
  {
    method: 'POST',
    path: '/api/chat.update',
    body: updated,
    answer: ({ body }) => {
      const { channel, ts, text, blocks } = updated.parse(body);
      const found = messagesIn(channel).find((message) => message.ts === ts);
      if (!found) return refused('message_not_found');
      Object.assign(found, { text, ...(blocks ? { blocks } : {}) });
      return ok({ channel, ts, text });
    },
  },
  {
    method: 'POST',
    path: '/api/conversations.history',
    body: history,
    answer: ({ body }) => {
      const { channel, oldest = '0', include_all_metadata: all, limit = 100 } = history.parse(body);
      if (!isId(channel)) return refused('channel_not_found');
      const messages = messagesIn(channel).filter(({ ts }) => Number(ts) > Number(oldest));
      const shown = messages.slice(0, limit).map(({ metadata: data, ...message }) => ({
        ...message,
        ...(data && String(all) === 'true' ? { metadata: data } : {}),
      }));
      return ok({ messages: shown, has_more: messages.length > limit });
    },
  },
  { method: 'POST', path: '/api/auth.test', answer: () => ok({ team: 'FreeTask', user: 'shiproom' }) },
];

/** Incoming webhooks answer in plain text; the Web API answers 200 with `ok: false` when something is wrong. */
export const slack = (): Double => ({
  name: 'slack',
  prefix: '/slack',
  routes: routesOf(openChannels()),
  refuse: (headers, _, path) =>
    path.startsWith('/services/') || hasBearer(headers) ? undefined : refused('not_authed'),
  notFound: { status: 404, body: 'no_team' },
  invalid: (why, path) =>
    path.startsWith('/api/') ? refused(`invalid_arguments: ${why}`) : { status: 400, body: 'invalid_payload' },
  refusal: refused('internal_error'),
});
