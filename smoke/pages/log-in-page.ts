import { expect, type Page } from '@playwright/test';
import { readOtp } from '../otp.ts';
import type { Settings } from '../settings.ts';

export class LogInPage {
  readonly #page: Page;
  readonly #settings: Settings;

  constructor(page: Page, settings: Settings) {
    this.#page = page;
    this.#settings = settings;
  }

  /** Asks for a code, enters it, and waits until the marketplace is there. A rate limit is waited out. */
  async logIn(email: string): Promise<void> {
    const page = this.#page;
    await page.goto(this.#settings.webUrl ?? '');
    await page.getByLabel('Email').fill(email);
    const told = await this.#submitPatiently('Send code', /\/login$/);
    await page.getByLabel('One-time code').fill(await readOtp(this.#settings.otp, email, told));
    await this.#submitPatiently('Log in', /\/verify-otp$/);
    await expect(page.getByRole('heading', { name: 'Jobs' })).toBeVisible();
  }

  /** Presses the button and gives back the code that the answer told, if it told one. */
  async #submitPatiently(button: string, path: RegExp): Promise<string | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const answered = this.#page.waitForResponse((response) => path.test(new URL(response.url()).pathname));
      await this.#page.getByRole('button', { name: button, exact: true }).click();
      const response = await answered;
      if (response.status() !== 429) {
        const body = (await response.json()) as { data?: { otp?: string } };
        return body.data?.otp;
      }
      if (attempt === 3) throw new Error(`RATE LIMITED: ${response.url()} still answered 429 after two waits`);
      await this.#page.waitForTimeout(Math.min(Number(response.headers()['retry-after'] ?? 60) * 1000 + 250, 65_000));
    }
  }
}
