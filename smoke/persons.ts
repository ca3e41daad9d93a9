import type { Browser, Page, Response, TestInfo } from '@playwright/test';
import type { Role } from '../src/core/target.ts';
import { type Answer, answerFrom, complaintsAbout, noteAnswer } from './answers.ts';

/** Two people, each at a browser window of their own. */
export interface Persons extends Readonly<Record<Role, Page>> {
  /** What they did not see, and a release must not do. */
  readonly troubles: readonly string[];
}

interface Opening {
  readonly browser: Browser;
  readonly testInfo: TestInfo;
  readonly expectedRelease: string | undefined;
}

export async function withPersons(opening: Opening, use: (persons: Persons) => Promise<void>): Promise<void> {
  const { browser, testInfo } = opening;
  const troubles: string[] = [];
  const open = async (role: Role) => {
    const page = await (await browser.newContext()).newPage();
    watch(page, opening, (trouble) => troubles.push(`${role}: ${trouble}`));
    return page;
  };
  const [client, freelancer] = await Promise.all([open('client'), open('freelancer')]);
  await use({ client, freelancer, troubles });
  if (testInfo.status !== testInfo.expectedStatus) await takePictures({ client, freelancer }, testInfo);
  await Promise.all([client, freelancer].map((page) => page.context().close()));
}

/** Errors of the page itself, answers of 500 and above, answers that never came, and answers of another release. */
function watch(page: Page, { testInfo, expectedRelease }: Opening, trouble: (text: string) => void): void {
  page.on('pageerror', (error) => trouble(error.message));
  page.on('console', (message) => {
    // The browser says this of every answer of 400 and above; the page has to cope with those, and below we see them too.
    const ofAnAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !ofAnAnswer) trouble(message.text());
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'failed';
    // A page that is left or closed gives up what it still waited for.
    if (reason !== 'net::ERR_ABORTED') trouble(`${request.method()} ${request.url()}: ${reason}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) trouble(`${response.url()} answered ${response.status()}`);
    if (!['fetch', 'xhr'].includes(response.request().resourceType())) return;
    const answer = answerOf(response);
    noteAnswer(testInfo, answer);
    for (const complaint of complaintsAbout(answer, expectedRelease)) trouble(complaint);
  });
}

const answerOf = (response: Response): Answer =>
  answerFrom(response.request().method(), response.url(), response.status(), response.headers());

/** A picture goes into the report, so a code that could still be used is covered. */
async function takePictures(pages: Readonly<Record<Role, Page>>, testInfo: TestInfo): Promise<void> {
  for (const [role, page] of Object.entries(pages)) {
    const path = testInfo.outputPath(`${role}.png`);
    const mask = [page.getByLabel('One-time code'), page.getByRole('status').filter({ hasText: /\d{6}/ })];
    const taken = await page.screenshot({ path, mask, fullPage: true, timeout: 5000 }).catch(() => undefined);
    if (taken) testInfo.attachments.push({ name: role, path, contentType: 'image/png' });
  }
}
