import { randomUUID } from 'node:crypto';
import type { Page } from '@playwright/test';
import { expect, test } from './fixtures.ts';
import { LogInPage } from './pages/log-in-page.ts';
import { MarketplacePage } from './pages/marketplace-page.ts';

test('journey in the browser', async ({ browser, settings, record }) => {
  expect(settings.webUrl, 'FREETASK_WEB_URL says where the web client is').toBeDefined();
  const troubles: string[] = [];

  /** What a person would not see and a release must not do: errors of the page, and answers of 500 and above. */
  const watch = (page: Page, who: string) => {
    page.on('pageerror', (error) => troubles.push(`${who}: ${error.message}`));
    page.on('response', (response) => {
      const told = response.headers();
      const type = response.request().resourceType();
      if (type !== 'fetch' && type !== 'xhr') return;
      if (response.status() >= 500) troubles.push(`${who}: ${response.url()} answered ${response.status()}`);
      record({
        method: response.request().method(),
        url: response.url(),
        status: response.status(),
        requestId: told['x-request-id'],
        release: told['x-app-release'],
      });
    });
    return page;
  };
  const contexts = await Promise.all([browser.newContext(), browser.newContext()]);
  const [clientPage, freelancerPage] = await Promise.all(contexts.map((context) => context.newPage()));
  if (!clientPage || !freelancerPage) throw new Error('the browser opened no page');
  watch(clientPage, 'client');
  watch(freelancerPage, 'freelancer');
  const client = new MarketplacePage(clientPage);
  const freelancer = new MarketplacePage(freelancerPage);
  const title = `Shiproom browser ${randomUUID()}`;

  await test.step('client logs in by OTP', () => new LogInPage(clientPage, settings).logIn(settings.emails.client));
  await test.step('client posts a job', () => client.postJob(title));
  await test.step('freelancer logs in by OTP', () =>
    new LogInPage(freelancerPage, settings).logIn(settings.emails.freelancer));
  await test.step('freelancer finds the job and bids', async () => {
    await freelancer.openJob(title);
    await freelancer.bid(200);
  });
  await test.step('freelancer writes, client reads', async () => {
    const message = `Hello ${randomUUID()}`;
    await freelancer.say(message);
    await client.reads(message);
  });
  await test.step('client pays into escrow', () => client.payEscrow(200));
  await test.step('client releases the payment', async () => {
    await client.release();
    await client.seesPayment('RELEASED');
  });
  await test.step('the page had no errors of its own', () => {
    expect(troubles, troubles.join('; ')).toHaveLength(0);
  });
  await Promise.all(contexts.map((context) => context.close()));
});
