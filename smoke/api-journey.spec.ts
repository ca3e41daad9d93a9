import { randomUUID } from 'node:crypto';
import { expect, requireOffer, test } from './fixtures.ts';
import { absentRoute } from './service.ts';

const base = ['POST /jobs', 'POST /bids'];
const payments = ['POST /payments/escrow', 'POST /payments/release'];

test('journey over HTTP and WebSocket', async ({ settings, as, chat }) => {
  requireOffer(settings, { users: ['client', 'freelancer'], routes: base });
  const offers = (...routes: string[]) => absentRoute(settings.service, routes) === undefined;
  const client = await test.step('client has a session', () => as('client'));
  const freelancer = await test.step('freelancer has a session', () => as('freelancer'));

  const job = await test.step('client posts a job', async () => {
    const posted = await client.postJob(`Shiproom WebSocket ${randomUUID()}`);
    expect(posted.status, 'the status of the job').toBe('OPEN');
    expect(posted.payment_state, 'its payment').toBe('PENDING_ESCROW');
    return posted;
  });
  await test.step('freelancer bids', async () => {
    expect((await freelancer.bid(job.id)).jobId, 'the job of the bid').toBe(job.id);
  });

  if (offers('GET /chat/:jobId')) {
    await test.step('both chat by WebSocket', async () => {
      const clientSide = await chat.open(job.id, client.token);
      const freelancerSide = await chat.open(job.id, freelancer.token);
      const text = `Hello ${randomUUID()}`;
      freelancerSide.send({ type: 'typing' });
      await clientSide.receive('"typing"', ({ type }) => type === 'typing');
      freelancerSide.send({ type: 'chat_message', message: text });
      for (const side of [clientSide, freelancerSide]) {
        await side.receive(
          'the message',
          ({ type, payload }) => type === 'chat_message' && payload['message'] === text,
        );
      }
      expect(await client.readChat(job.id), 'the live message is stored').toContain(text);
      clientSide.close();
      freelancerSide.close();
    });
  }

  if (!offers(...payments)) return;
  await test.step('client pays into escrow', async () => {
    const paid = await client.payEscrow(job.id);
    expect(paid.payment_state, 'the payment').toBe('ESCROWED');
    expect(paid.status, 'the status of the job').toBe('IN_PROGRESS');
  });
  await test.step('client releases the payment', async () => {
    const released = await client.release(job.id);
    expect(released.payment_state, 'the payment').toBe('RELEASED');
    expect(released.status, 'the status of the job').toBe('COMPLETED');
  });
  await test.step('the job is completed when it is read back', async () => {
    const completed = await client.readJob(job);
    expect(completed.payment_state, 'the payment').toBe('RELEASED');
    expect(completed.status, 'the status of the job').toBe('COMPLETED');
  });
});
