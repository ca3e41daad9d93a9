import { expect, type Page } from '@playwright/test';

/** Actions of a logged-in user; each waits until the page confirms it. */
export class MarketplacePage {
  readonly #page: Page;

  constructor(page: Page) {
    this.#page = page;
  }

  async postJob(title: string): Promise<void> {
    const form = this.#page.getByRole('region', { name: 'Post a job' });
    await form.getByLabel('Title').fill(title);
    await form.getByLabel('Description').fill('Posted in the browser by the smoke journey.');
    await form.getByLabel('Category').fill('verification');
    await form.getByLabel('Budget').fill('250');
    await form.getByRole('button', { name: 'Post job' }).click();
    await this.#confirms(`Job posted: ${title}`);
  }

  async openJob(title: string): Promise<void> {
    await this.#page.getByLabel('Search jobs').fill(title);
    await this.#page.getByRole('button', { name: 'Search', exact: true }).click();
    await this.#page.getByRole('button', { name: `Open ${title}` }).click();
    await expect(this.#page.getByRole('heading', { name: title })).toBeVisible();
  }

  async bid(amount: number): Promise<void> {
    await this.#page.getByLabel('Amount', { exact: true }).fill(String(amount));
    await this.#page.getByLabel('Message to the client').fill('I can do it.');
    await this.#page.getByRole('button', { name: 'Place bid' }).click();
    await this.#confirms('Your bid was placed.');
  }

  async sendMessage(message: string): Promise<void> {
    await this.#page.getByLabel('Message', { exact: true }).fill(message);
    await this.#page.getByRole('button', { name: 'Send', exact: true }).click();
    await this.#confirms('Message sent.');
  }

  async seesMessage(message: string): Promise<void> {
    await expect(this.#page.getByRole('log', { name: 'Chat' }), 'the message is in the chat').toContainText(message);
  }

  async payEscrow(amount: number): Promise<void> {
    await this.#page.getByLabel('Amount to pay').fill(String(amount));
    await this.#page.getByRole('button', { name: 'Pay into escrow' }).click();
    await this.#confirms('Paid into escrow.');
    await this.seesPayment('ESCROWED');
  }

  async release(): Promise<void> {
    await this.#page.getByRole('button', { name: 'Release payment' }).click();
    await this.#confirms('Payment released.');
    await this.seesPayment('RELEASED');
  }

  async seesPayment(state: string): Promise<void> {
    await expect(this.#page.getByRole('definition').filter({ hasText: state }), `payment is ${state}`).toBeVisible();
  }

  async #confirms(text: string): Promise<void> {
    await expect(this.#page.getByRole('status'), `the page shows "${text}"`).toHaveText(text);
  }
}
