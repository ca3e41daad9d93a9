import { randomUUID } from 'node:crypto';
import { reportDifferences } from './answers.ts';
import { expect, test } from './fixtures.ts';
import { LogInPage } from './pages/log-in-page.ts';
import { MarketplacePage } from './pages/marketplace-page.ts';

test('journey in the browser', async ({ settings, persons }, testInfo) => {
  const { service, emails } = settings;
  const kind = service.login.with;
  test.skip(
    kind !== 'otp',
    `not applicable: the journey in the browser logs in by a one-time password, users of the target with: ${kind}`,
  );
  test.skip(service.absentRoutes.length > 0, `not applicable: the target has no ${service.absentRoutes[0]}`);
  // The second users, so that their sessions serve the checks of ownership without a further login.
  const [clientName, freelancerName] =
    emails.client2 !== undefined && emails.freelancer2 !== undefined
      ? (['client2', 'freelancer2'] as const)
      : (['client', 'freelancer'] as const);
  const client = new MarketplacePage(persons.client);
  const freelancer = new MarketplacePage(persons.freelancer);
  const title = `Shiproom browser ${randomUUID()}`;

  await test.step('client logs in by OTP', () => new LogInPage(persons.client, settings, testInfo).logIn(clientName));
  await test.step('client posts a job', () => client.postJob(title));
  await test.step('freelancer logs in by OTP', () =>
    new LogInPage(persons.freelancer, settings, testInfo).logIn(freelancerName));
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
  await reportDifferences(persons.differences);
});
