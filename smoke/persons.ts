import type { Browser, Page, Response, TestInfo } from '@playwright/test';
import { addDifferences, type Answer, answerFrom, type Differences, recordAnswer } from './answers.ts';
import type { Settings } from './settings.ts';

type Role = 'client' | 'freelancer';

/** Two users, each in a browser context of their own. */
export interface Persons extends Readonly<Record<Role, Page>> {
  /** Problems that the pages did not show, and that a release must not have. */
  readonly problems: readonly string[];
  readonly differences: Differences;
}

interface Opening {
  readonly browser: Browser;
  readonly testInfo: TestInfo;
  readonly settings: Settings;
}

export async function withPersons(opening: Opening, use: (persons: Persons) => Promise<void>): Promise<void> {
  const { browser, testInfo } = opening;
  const problems: string[] = [];
  const differences: Differences = { nameless: [], otherRelease: [] };
  const open = async (role: Role) => {
    const page = await (await browser.newContext()).newPage();
    const record = (answer: Answer) => {
      recordAnswer(testInfo, answer);
      addDifferences(differences, answer, opening.settings);
    };
    watch(page, opening.settings, { report: (problem) => problems.push(`${role}: ${problem}`), record });
    return page;
  };
  const [client, freelancer] = await Promise.all([open('client'), open('freelancer')]);
  await use({ client, freelancer, problems, differences });
  if (testInfo.status !== testInfo.expectedStatus) await takeScreenshots({ client, freelancer }, testInfo);
  await Promise.all([client, freelancer].map((page) => page.context().close()));
}

interface Watcher {
  readonly report: (problem: string) => void;
  readonly record: (answer: Answer) => void;
}

/** Errors of the page itself, answers of 500 and above, and missing answers; every answer of the API is recorded. */
function watch(page: Page, settings: Settings, { report, record }: Watcher): void {
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
    record(answerOf(response, settings));
  });
}

const answerOf = (response: Response, settings: Settings): Answer =>
  answerFrom(
    { method: response.request().method(), url: response.url(), status: response.status() },
    response.headers(),
    settings,
  );

/** A screenshot gets into the report, so a code that is still valid is covered. */
async function takeScreenshots(pages: Readonly<Record<Role, Page>>, testInfo: TestInfo): Promise<void> {
  for (const [role, page] of Object.entries(pages)) {
    const path = testInfo.outputPath(`${role}.png`);
    const mask = [page.getByLabel('One-time code'), page.getByRole('status').filter({ hasText: /\d{6}/ })];
    const taken = await page.screenshot({ path, mask, fullPage: true, timeout: 5000 }).catch(() => undefined);
    if (taken) testInfo.attachments.push({ name: role, path, contentType: 'image/png' });
  }
}
