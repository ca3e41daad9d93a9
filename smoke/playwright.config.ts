import { defineConfig } from '@playwright/test';

const chromium = process.env['SHIPROOM_CHROMIUM'];

export default defineConfig({
  testDir: '.',
  // One try: a journey that needs a second one is degraded, and that is for the verdict to say.
  retries: 0,
  failOnFlakyTests: true,
  forbidOnly: true,
  workers: 2,
  fullyParallel: true,
  // A rate limit may have to be waited out; a dead target is told by the much shorter limits below.
  timeout: 150_000,
  expect: { timeout: 10_000 },
  use: {
    actionTimeout: 10_000,
    navigationTimeout: 15_000,
    // A trace holds every header, and so every token; pictures are taken by the journey, which covers codes in them.
    screenshot: 'off',
    trace: 'off',
  },
  projects: [
    { name: 'api', testMatch: 'api-journey.spec.ts' },
    {
      name: 'browser',
      testMatch: 'browser-journey.spec.ts',
      use: { browserName: 'chromium', launchOptions: chromium ? { executablePath: chromium } : {} },
    },
  ],
});
