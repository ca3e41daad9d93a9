import type { Browser, Page, Response, TestInfo } from '@playwright/test';
import type { Role } from './settings.ts';
import { type Answer, answerFrom, problemsOf, recordAnswer } from './answers.ts';

/** Two users, each in a browser context of their own. */
export interface Persons extends Readonly<Record<Role, Page>> {
  /** Problems that the pages did not show, and that a release must not have. */
  readonly problems: readonly string[];
}

interface Opening {
  readonly browser: Browser;
  readonly testInfo: TestInfo;
  readonly expectedRelease: string | undefined;
}

export async function withPersons(opening: Opening, use: (persons: Persons) => Promise<void>): Promise<void> {
  const { browser, testInfo } = opening;
  const problems: string[] = [];
  const open = async (role: Role) => {
    const page = await (await browser.newContext()).newPage();
    watch(page, opening, (problem) => problems.push(`${role}: ${problem}`));
    return page;
  };
  const [client, freelancer] = await Promise.all([open('client'), open('freelancer')]);
  await use({ client, freelancer, problems });
  if (testInfo.status !== testInfo.expectedStatus) await takeScreenshots({ client, freelancer }, testInfo);
  await Promise.all([client, freelancer].map((page) => page.context().close()));
}

/** Errors of the page itself, answers of 500 and above, missing answers, and answers of another release. */
function watch(page: Page, { testInfo, expectedRelease }: Opening, report: (problem: string) => void): void {
  page.on('pageerror', (error) => report(error.message));
  page.on('console', (message) => {
    // The browser logs this for every answer of 400 and above; the page handles those, and they are recorded below.
    const ofAnAnswer = message.text().startsWith('Failed to load resource');
    if (message.type() === 'error' && !ofAnAnswer) report(message.text());
  });
  page.on('requestfailed', (request) => {
    const reason = request.failure()?.errorText ?? 'failed';
    // A page that is left or closed aborts its pending requests.
    if (reason !== 'net::ERR_ABORTED') report(`${request.method()} ${request.url()}: ${reason}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 500) report(`${response.url()} answered ${response.status()}`);
    if (!['fetch', 'xhr'].includes(response.request().resourceType())) return;
    const answer = answerOf(response);
    recordAnswer(testInfo, answer);
    for (const problem of problemsOf(answer, expectedRelease)) report(problem);
  });
}

const answerOf = (response: Response): Answer =>
  answerFrom(response.request().method(), response.url(), response.status(), response.headers());

/** A screenshot gets into the report, so a code that is still valid is covered. */
async function takeScreenshots(pages: Readonly<Record<Role, Page>>, testInfo: TestInfo): Promise<void> {
  for (const [role, page] of Object.entries(pages)) {
    const path = testInfo.outputPath(`${role}.png`);
    const mask = [page.getByLabel('One-time code'), page.getByRole('status').filter({ hasText: /\d{6}/ })];
    const taken = await page.screenshot({ path, mask, fullPage: true, timeout: 5000 }).catch(() => undefined);
    if (taken) testInfo.attachments.push({ name: role, path, contentType: 'image/png' });
  }
}
