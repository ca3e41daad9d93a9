import { randomUUID } from 'node:crypto';
import { ChatSocket } from './chat-socket.ts';
import { expect, test } from './fixtures.ts';

test('journey over HTTP and WebSocket', async ({ apis, settings }) => {
  const { client, freelancer } = apis;
  const chatUrl = (jobId: string) => `${settings.apiUrl.replace(/^http/, 'ws')}${settings.apiPath}/chat/${jobId}`;
  const open = async (jobId: string, token: string | undefined) => {
    const opened = await ChatSocket.open(chatUrl(jobId), token);
    if (opened instanceof ChatSocket) opened.close();
    return opened instanceof ChatSocket ? 'opened' : opened.refused;
  };

  const job = await test.step('client posts a job', async () => {
    const posted = await client.postJob(`Shiproom WebSocket ${randomUUID()}`);
    expect([posted.status, posted.payment_state]).toEqual(['OPEN', 'PENDING_ESCROW']);
    return posted;
  });

  await test.step('chat is closed without a token, to strangers, and for unknown jobs', async () => {
    expect(await open(job.id, undefined), 'without a token').toBe(401);
    expect(await open(job.id, freelancer.token), 'to a freelancer without a bid').toBe(403);
    expect(await open(randomUUID(), client.token), 'for an unknown job').toBe(404);
  });

  await test.step('freelancer bids', async () => {
    const bid = await freelancer.bid(job.id);
    expect(bid.jobId).toBe(job.id);
  });

  await test.step('both chat live', async () => {
    const sockets = await Promise.all([client, freelancer].map(({ token }) => ChatSocket.open(chatUrl(job.id), token)));
    const [clientSide, freelancerSide] = sockets;
    if (!(clientSide instanceof ChatSocket) || !(freelancerSide instanceof ChatSocket)) {
      throw new Error(`the chat was refused: ${JSON.stringify(sockets)}`);
    }
    const text = `Hello ${randomUUID()}`;
    freelancerSide.send({ type: 'typing' });
    freelancerSide.send({ type: 'chat_message', message: text });
    await clientSide.receive(({ type }) => type === 'typing');
    for (const side of [clientSide, freelancerSide]) {
      await side.receive(({ type, payload }) => type === 'chat_message' && payload['message'] === text);
    }
    const { items } = await client.call<{ items: { message: string }[] }>('GET', `/chat/${job.id}/messages`, 200);
    expect(
      items.map(({ message }) => message),
      'what was said live is kept',
    ).toContain(text);
    clientSide.close();
    freelancerSide.close();
  });

  await test.step('client pays into escrow', async () => {
    const paid = await client.payEscrow(job.id);
    expect([paid.payment_state, paid.status]).toEqual(['ESCROWED', 'IN_PROGRESS']);
  });

  await test.step('client releases, once', async () => {
    const key = randomUUID();
    const released = await client.release(job.id, 200, key);
    expect([released.payment_state, released.status]).toEqual(['RELEASED', 'COMPLETED']);
    expect(await client.release(job.id, 200, key), 'the same key answers the same').toEqual(released);
    await client.release(job.id, 409);
  });

  await test.step('the job is completed when it is read back', async () => {
    const now = await client.readJob(job);
    expect([now.payment_state, now.status]).toEqual(['RELEASED', 'COMPLETED']);
  });
});
