import { randomUUID } from 'node:crypto';
import type { Api } from './api.ts';
import { expect, given, requireOffer, test } from './fixtures.ts';
import type { UserName } from './settings.ts';

/** What has to be refused, each on a job of its own: one that is accepted wrongly changes nothing for the next. */
const title = () => `Shiproom access ${randomUUID()}`;
const chatRoute = 'GET /chat/:jobId';

type Users = Readonly<Record<UserName, Api>>;
type State = 'open' | 'bid' | 'paid';

/** A job of the client: open, with a bid of the freelancer, or paid into escrow. */
async function makeJob({ client, freelancer }: Users, state: State): Promise<string> {
  const { id } = await client.postJob(title());
  if (state !== 'open') await freelancer.bid(id);
  if (state === 'paid') await client.payEscrow(id);
  return id;
}

const upgrades: readonly {
  readonly who: string;
  readonly status: number;
  readonly token: (users: Users) => string | undefined;
  readonly unknownJob?: true;
}[] = [
  { who: 'without a token', status: 401, token: () => undefined },
  { who: 'with a made-up token', status: 401, token: () => 'made-up' },
  { who: 'to a freelancer without a bid', status: 403, token: ({ freelancer }) => freelancer.token },
  { who: 'for an unknown job', status: 404, token: ({ client }) => client.token, unknownJob: true },
];

for (const { who, status, token, unknownJob } of upgrades) {
  const name = `chat by WebSocket is closed ${who}`;
  test(name, async ({ settings, as, chat }) => {
    requireOffer(settings, { users: ['client', 'freelancer'], routes: ['POST /jobs', chatRoute] });
    const users = await given(
      async () => ({ client: await as('client'), freelancer: await as('freelancer') }) as Users,
    );
    const jobId = unknownJob ? randomUUID() : await given(() => makeJob(users, 'open'));
    await test.step(name, async () => {
      const answered = await chat.attempt(jobId, token(users));
      expect(answered, 'the upgrade is refused @access').toBeGreaterThanOrEqual(400);
      expect(answered, 'the status').toBe(status);
    });
  });
}

const others: readonly {
  readonly name: string;
  readonly user: 'client2' | 'freelancer2';
  readonly state: State;
  readonly routes: readonly string[];
  readonly rank: 'money' | 'access';
  readonly attempt: (stranger: Api, jobId: string) => Promise<number>;
}[] = [
  {
    name: 'another client may not pay into escrow',
    user: 'client2',
    state: 'bid',
    routes: ['POST /payments/escrow'],
    rank: 'money',
    attempt: (other, jobId) => other.attempt('POST', '/payments/escrow', { data: { jobId, amount: 200 } }),
  },
  {
    name: 'another client may not release the payment',
    user: 'client2',
    state: 'paid',
    routes: ['POST /payments/escrow', 'POST /payments/release'],
    rank: 'money',
    attempt: (other, jobId) =>
      other.attempt('POST', '/payments/release', { data: { jobId }, headers: { 'Idempotency-Key': randomUUID() } }),
  },
  {
    name: 'another client may not cancel the job',
    user: 'client2',
    state: 'bid',
    routes: ['PATCH /jobs/:id/status'],
    rank: 'access',
    attempt: (other, jobId) => other.attempt('PATCH', `/jobs/${jobId}/status`, { data: { status: 'CANCELLED' } }),
  },
  {
    name: 'another client may not read the chat',
    user: 'client2',
    state: 'bid',
    routes: ['GET /chat/:jobId/messages'],
    rank: 'access',
    attempt: (other, jobId) => other.attempt('GET', `/chat/${jobId}/messages`),
  },
  {
    name: 'another freelancer may not read the chat',
    user: 'freelancer2',
    state: 'bid',
    routes: ['GET /chat/:jobId/messages'],
    rank: 'access',
    attempt: (other, jobId) => other.attempt('GET', `/chat/${jobId}/messages`),
  },
  {
    name: 'another freelancer may not write into the chat',
    user: 'freelancer2',
    state: 'bid',
    routes: ['POST /chat/:jobId/messages'],
    rank: 'access',
    attempt: (other, jobId) => other.attempt('POST', `/chat/${jobId}/messages`, { data: { message: 'Let me in.' } }),
  },
];

for (const { name, user, state, routes, rank, attempt } of others) {
  test(name, async ({ settings, as }) => {
    requireOffer(settings, { users: ['client', 'freelancer', user], routes: ['POST /jobs', 'POST /bids', ...routes] });
    const users = await given(
      async () => ({ client: await as('client'), freelancer: await as('freelancer') }) as Users,
    );
    const stranger = await given(() => as(user));
    const jobId = await given(() => makeJob(users, state));
    await test.step(name, async () => {
      const status = await attempt(stranger, jobId);
      expect(status, `it is refused @${rank}`).toBeGreaterThanOrEqual(400);
      expect([403, 404], `status 403 or 404, not ${status}`).toContain(status);
    });
  });
}

test('chat by WebSocket is closed to another freelancer', async ({ settings, as, chat }) => {
  requireOffer(settings, {
    users: ['client', 'freelancer', 'freelancer2'],
    routes: ['POST /jobs', 'POST /bids', chatRoute],
  });
  const users = await given(async () => ({ client: await as('client'), freelancer: await as('freelancer') }) as Users);
  const { token } = await given(() => as('freelancer2'));
  const jobId = await given(() => makeJob(users, 'bid'));
  await test.step('chat by WebSocket is closed to another freelancer', async () => {
    const status = await chat.attempt(jobId, token);
    expect(status, 'the upgrade is refused @access').toBeGreaterThanOrEqual(400);
    expect([403, 404], `status 403 or 404, not ${status}`).toContain(status);
  });
});
