import { test as base, expect } from '@playwright/test';
import type { Role } from '../src/core/target.ts';
import { Api } from './api.ts';
import { type Answer, recordAnswer } from './answers.ts';
import { shareSessions } from './sessions.ts';
import { readSettings, type Settings } from './settings.ts';

interface Fixtures {
  readonly settings: Settings;
  /** One client of the API a role, with the tokens that the tools of this run share. */
  readonly apis: Record<Role, Api>;
  /** Keeps what an answer told, so that the report can name it. */
  readonly record: (answer: Answer) => void;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are needed from this pattern
  settings: async ({}, use) => use(readSettings()),
  record: async ({ settings }, use, testInfo) =>
    use((answer) => recordAnswer(testInfo, answer, settings.expectedRelease)),
  apis: async ({ settings, request, record }, use) => {
    const tokens = await shareSessions(settings, request);
    const api = (role: Role) =>
      new Api({ request, base: settings.apiUrl + settings.apiPath, token: tokens[role], record });
    await use({ client: api('client'), freelancer: api('freelancer') });
  },
});

export { expect };
