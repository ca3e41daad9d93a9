import { expect, type Page, type TestInfo } from '@playwright/test';
import { readOtp } from '../otp.ts';
import { askPatiently } from '../rate-limit.ts';
import { dataOf } from '../service.ts';
import { keepSession } from '../sessions.ts';
import type { Settings, UserName } from '../settings.ts';

export class LogInPage {
  readonly #page: Page;
  readonly #settings: Settings;
  readonly #testInfo: TestInfo;

  constructor(page: Page, settings: Settings, testInfo: TestInfo) {
    this.#page = page;
    this.#settings = settings;
    this.#testInfo = testInfo;
  }

  /** Requests a code, enters it, and waits until the marketplace is shown. */
  async logIn(user: UserName): Promise<void> {
    const { webUrl, emails, service } = this.#settings;
    if (webUrl === undefined) throw new Error('SHIPROOM_WEB_URL is not set: the address of the web client.');
    const email = emails[user] ?? '';
    await this.#page.goto(webUrl);
    await this.#page.getByLabel('Email').fill(email);
    const answer = await this.#submit('Send code', '/login');
    const { otp } = dataOf(await answer.json(), service) as { otp?: string };
    const code = await readOtp(this.#settings, email, otp);
    const entered = await this.#enter(code).catch((error: unknown) => {
      // Playwright quotes the text that it types, and a code must not get into a report.
      throw new Error(String(error).replaceAll(code, '‹code›'));
    });
    await keepSession(user, dataOf(await entered.json(), service), this.#settings);
    await expect(this.#page.getByRole('heading', { name: 'Jobs', exact: true })).toBeVisible();
  }

  async #enter(code: string) {
    await this.#page.getByLabel('One-time code').fill(code);
    return this.#submit('Log in', '/verify-otp');
  }

  async #submit(button: string, path: string) {
    const press = async () => {
      const answered = this.#page.waitForResponse((response) => new URL(response.url()).pathname.endsWith(path));
      const pressed = this.#page.getByRole('button', { name: button, exact: true }).click();
      const [response] = await Promise.all([answered, pressed]);
      return response;
    };
    const answer = await askPatiently(this.#testInfo, press, (ms) => this.#page.waitForTimeout(ms));
    expect(answer.status(), `POST ${this.#settings.authPath}${path}: status`).toBe(200);
    return answer;
  }
}
