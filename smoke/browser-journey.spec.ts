import { randomUUID } from 'node:crypto';
import { expect, test } from './fixtures.ts';
import { LogInPage } from './pages/log-in-page.ts';
import { MarketplacePage } from './pages/marketplace-page.ts';

test('journey in the browser', async ({ settings, persons }, testInfo) => {
  const client = new MarketplacePage(persons.client);
  const freelancer = new MarketplacePage(persons.freelancer);
  const title = `Shiproom browser ${randomUUID()}`;

  await test.step('client logs in by OTP', () =>
    new LogInPage(persons.client, settings, testInfo).logIn(settings.emails.client));
  await test.step('client posts a job', () => client.postJob(title));
  await test.step('freelancer logs in by OTP', () =>
    new LogInPage(persons.freelancer, settings, testInfo).logIn(settings.emails.freelancer));
  await test.step('freelancer finds the job and bids', async () => {
    await freelancer.openJob(title);
    await freelancer.bid(200);
  });
  await test.step('freelancer writes, client reads', async () => {
    const message = `Hello ${randomUUID()}`;
    await freelancer.sendMessage(message);
    await client.seesMessage(message);
  });
  await test.step('client pays into escrow', () => client.payEscrow(200));
  await test.step('client releases the payment', () => client.release());
  await test.step('freelancer sees the payment released', () => freelancer.seesPayment('RELEASED'));
  await test.step('no error occurred behind the page', () => {
    expect([...new Set(persons.problems)].join('; '), 'errors of the page, and wrong answers').toBe('');
  });
});
