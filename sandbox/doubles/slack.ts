import { z } from 'zod';
import { type Double, hasBearer } from './service.ts';

const message = z.object({ text: z.string().min(1), blocks: z.array(z.unknown()).optional() });

/** Incoming webhooks answer in plain text; the Web API answers 200 with `ok: false` when something is wrong. */
export const slack: Double = {
  name: 'slack',
  prefix: '/slack',
  routes: [
    {
      method: 'POST',
      path: '/services/:team/:channel/:secret',
      body: message,
      answer: () => ({ status: 200, body: 'ok' }),
    },
    {
      method: 'POST',
      path: '/api/chat.postMessage',
      body: message.extend({ channel: z.string().min(1) }),
      answer: ({ body }) => ({
        status: 200,
        body: { ok: true, channel: (body as { channel: string }).channel, ts: '1760000000.000100' },
      }),
    },
  ],
  refuse: (headers, _, path) =>
    path.startsWith('/services/') || hasBearer(headers)
      ? undefined
      : { status: 200, body: { ok: false, error: 'not_authed' } },
  notFound: { status: 404, body: 'no_team' },
  invalid: () => ({ status: 400, body: 'invalid_payload' }),
};
