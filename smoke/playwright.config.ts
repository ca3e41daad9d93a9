import { defineConfig } from '@playwright/test';

const chromium = process.env['SHIPROOM_CHROMIUM'];

export default defineConfig({
  testDir: '.',
  // One attempt: a journey that needs a retry is degraded, which the verdict reports.
  retries: 0,
  failOnFlakyTests: true,
  forbidOnly: true,
  workers: 2,
  // The files of the API one after the other, beside the browser: its logins serve them.
  fullyParallel: false,
  // Long enough to wait until a rate limit is over; a dead target is found by the much shorter limits below.
  timeout: 150_000,
  expect: { timeout: 10_000 },
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    // A trace holds every header, and so every token; the journey takes screenshots itself and covers codes in them.
    screenshot: 'off',
    trace: 'off',
  },
  projects: [
    {
      name: 'browser',
      testMatch: 'browser-journey.spec.ts',
      use: { browserName: 'chromium', launchOptions: chromium ? { executablePath: chromium } : {} },
    },
    { name: 'api', workers: 1, testMatch: ['api-journey.spec.ts', 'access.spec.ts'] },
  ],
});
