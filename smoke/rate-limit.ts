import type { TestInfo } from '@playwright/test';

const longestWaitMs = 65_000;
const tries = 5;

interface Limitable {
  status(): number;
  url(): string;
  headers(): Readonly<Record<string, string>>;
}

/** Waits as Retry-After says: a rate limit is caused by the suite's own requests and proves nothing about the release. */
export async function askPatiently<T extends Limitable>(
  testInfo: TestInfo,
  ask: () => Promise<T>,
  wait: (ms: number) => Promise<unknown>,
): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    const answer = await ask();
    if (answer.status() !== 429) return answer;
    if (attempt === tries) {
      testInfo.annotations.push({ type: 'rate-limited' });
      throw new Error(`${answer.url()} answered 429 ${tries} times, although Retry-After was honoured`);
    }
    // Retry-After in seconds; a date counts as the whole minute of the limit.
    const seconds = Number(answer.headers()['retry-after'] ?? Number.NaN);
    const waitMs = Number.isFinite(seconds) ? Math.min(seconds * 1000 + 250, longestWaitMs) : longestWaitMs;
    testInfo.annotations.push({ type: 'rate-limit-wait', description: String(waitMs) });
    process.stdout.write(`~ a rate limit answered 429: waiting ${Math.ceil(waitMs / 1000)} s (Retry-After)\n`);
    // The time limit of a test is for the target, not for a wait that the target asked for.
    testInfo.setTimeout(testInfo.timeout + waitMs);
    await wait(waitMs);
  }
}
