import { randomUUID } from 'node:crypto';
import { type Answer, answerFrom } from './answers.ts';
import { ChatSocket } from './chat-socket.ts';
import { expect, test } from './fixtures.ts';
import type { Settings } from './settings.ts';

/** The chat of a job over WebSocket. */
function chatOf({ apiUrl, apiPath }: Settings, record: (answer: Answer) => void) {
  const urlOf = (jobId: string) => `${apiUrl.replace(/^http/, 'ws')}${apiPath}/chat/${jobId}`;
  return {
    /** Tries to open a chat that has to be closed: the status of the refusal, or `opened`. */
    attempt: async (jobId: string, token?: string) => {
      const opened = await ChatSocket.open(urlOf(jobId), token);
      if (opened instanceof ChatSocket) {
        opened.close();
        return 'opened';
      }
      record(answerFrom('GET', urlOf(jobId), opened.status, opened.headers));
      return opened.status;
    },
    open: async (jobId: string, token: string) => {
      const opened = await ChatSocket.open(urlOf(jobId), token);
      if (opened instanceof ChatSocket) return opened;
      throw new Error(`The chat was refused with status ${opened.status} to a user with access.`);
    },
  };
}

test('journey over HTTP and WebSocket', async ({ settings, record, signIn }) => {
  const chat = chatOf(settings, record);
  const { client, freelancer } = await test.step('client and freelancer have sessions', signIn);

  const job = await test.step('client posts a job', async () => {
    const posted = await client.postJob(`Shiproom WebSocket ${randomUUID()}`);
    expect(posted).toMatchObject({ status: 'OPEN', payment_state: 'PENDING_ESCROW' });
    return posted;
  });

  await test.step('chat is closed without a token, without access, and for unknown jobs', async () => {
    expect(await chat.attempt(job.id), 'without a token').toBe(401);
    expect(await chat.attempt(job.id, 'made-up'), 'with a made-up token').toBe(401);
    expect(await chat.attempt(job.id, freelancer.token), 'to a freelancer without a bid').toBe(403);
    expect(await chat.attempt(randomUUID(), client.token), 'for an unknown job').toBe(404);
  });

  await test.step('freelancer bids', async () => {
    expect(await freelancer.bid(job.id)).toMatchObject({ jobId: job.id });
  });

  await test.step('both chat by WebSocket', async () => {
    const clientSide = await chat.open(job.id, client.token);
    const freelancerSide = await chat.open(job.id, freelancer.token);
    const text = `Hello ${randomUUID()}`;
    freelancerSide.send({ type: 'typing' });
    await clientSide.receive('"typing"', ({ type }) => type === 'typing');
    freelancerSide.send({ type: 'chat_message', message: text });
    for (const side of [clientSide, freelancerSide]) {
      await side.receive('the message', ({ type, payload }) => type === 'chat_message' && payload['message'] === text);
    }
    expect(await client.readChat(job.id), 'the live message is stored').toContain(text);
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
