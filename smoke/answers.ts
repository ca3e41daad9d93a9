import { expect, type TestInfo } from '@playwright/test';

/** What one answer of the deployment told. */
export interface Answer {
  readonly method: string;
  readonly url: string;
  readonly status: number;
  readonly requestId?: string | undefined;
  readonly release?: string | undefined;
}

/** Type of the annotation by which the answers travel to whoever reads Playwright's report. */
const annotationType = 'answer';

/** Notes the answer and holds it against what is true for every answer of FreeTask. */
export function recordAnswer(testInfo: TestInfo, answer: Answer, expectedRelease: string | undefined): void {
  testInfo.annotations.push({ type: annotationType, description: JSON.stringify(answer) });
  const what = `${answer.method} ${new URL(answer.url).pathname}`;
  expect.soft(answer.requestId, `${what}: X-Request-Id is told`).toBeTruthy();
  if (expectedRelease) expect.soft(answer.release, `${what}: the expected release answers`).toBe(expectedRelease);
}
