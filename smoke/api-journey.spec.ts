import { randomUUID } from 'node:crypto';
import { answerFrom } from './answers.ts';
import { ChatSocket } from './chat-socket.ts';
import { expect, test } from './fixtures.ts';

test('journey over HTTP and WebSocket', async ({ settings, seen, signIn }) => {
  const chatUrl = (jobId: string) => `${settings.apiUrl.replace(/^http/, 'ws')}${settings.apiPath}/chat/${jobId}`;

  /** Opens the chat for good, which must not happen where it is closed, or tells the status of the refusal. */
  const knock = async (jobId: string, token?: string) => {
    const opened = await ChatSocket.open(chatUrl(jobId), token);
    if (opened instanceof ChatSocket) {
      opened.close();
      return 'opened';
    }
    seen(answerFrom('GET', chatUrl(jobId), opened.status, opened.headers));
    return opened.status;
  };
  const enter = async (jobId: string, token: string) => {
    const opened = await ChatSocket.open(chatUrl(jobId), token);
    if (opened instanceof ChatSocket) return opened;
    throw new Error(`The chat was refused with status ${opened.status} to somebody who may enter.`);
  };

  const { client, freelancer } = await test.step('client and freelancer have sessions', signIn);

  const job = await test.step('client posts a job', async () => {
    const posted = await client.postJob(`Shiproom WebSocket ${randomUUID()}`);
    expect(posted).toMatchObject({ status: 'OPEN', payment_state: 'PENDING_ESCROW' });
    return posted;
  });

  await test.step('chat is closed without a token, to strangers, and for unknown jobs', async () => {
    expect(await knock(job.id), 'without a token').toBe(401);
    expect(await knock(job.id, 'made-up'), 'with a made-up token').toBe(401);
    expect(await knock(job.id, freelancer.token), 'to a freelancer without a bid').toBe(403);
    expect(await knock(randomUUID(), client.token), 'for an unknown job').toBe(404);
  });

  await test.step('freelancer bids', async () => {
    expect(await freelancer.bid(job.id)).toMatchObject({ jobId: job.id });
  });

  await test.step('both chat live', async () => {
    const clientSide = await enter(job.id, client.token);
    const freelancerSide = await enter(job.id, freelancer.token);
    const text = `Hello ${randomUUID()}`;
    freelancerSide.send({ type: 'typing' });
    await clientSide.receive('"typing"', ({ type }) => type === 'typing');
    freelancerSide.send({ type: 'chat_message', message: text });
    for (const side of [clientSide, freelancerSide]) {
      await side.receive('the message', ({ type, payload }) => type === 'chat_message' && payload['message'] === text);
    }
    expect(await client.readChat(job.id), 'what was said live is kept').toContain(text);
    clientSide.close();
    freelancerSide.close();
  });

  await test.step('client pays into escrow', async () => {
    const paid = await client.payEscrow(job.id);
    expect(paid).toMatchObject({ payment_state: 'ESCROWED', status: 'IN_PROGRESS' });
  });

  await test.step('client releases, once', async () => {
    const key = randomUUID();
    const released = await client.release(job.id, key);
    expect(released).toMatchObject({ payment_state: 'RELEASED', status: 'COMPLETED' });
    expect(await client.release(job.id, key), 'the same key answers the same').toEqual(released);
    await client.release(job.id, randomUUID(), 409);
  });

  await test.step('the job is completed when it is read back', async () => {
    expect(await client.readJob(job)).toMatchObject({ payment_state: 'RELEASED', status: 'COMPLETED' });
  });
});
