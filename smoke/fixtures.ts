import { test as base, expect } from '@playwright/test';
import { type Answer, problemsOf, recordAnswer } from './answers.ts';
import { Api } from './api.ts';
import { type Persons, withPersons } from './persons.ts';
import { shareSessions } from './sessions.ts';
import { readSettings, type Role, type Settings } from './settings.ts';

interface Fixtures {
  readonly settings: Settings;
  /** Records an answer for the report, and asserts what holds for every answer. */
  readonly record: (answer: Answer) => void;
  /** The API as each role sees it, with the sessions that the tools of this run share. */
  readonly signIn: () => Promise<Record<Role, Api>>;
  readonly persons: Persons;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are needed from this pattern
  settings: async ({}, use) => use(readSettings()),

  record: async ({ settings }, use, testInfo) =>
    use((answer) => {
      recordAnswer(testInfo, answer);
      const problems = problemsOf(answer, settings.expectedRelease);
      expect(problems.join('; '), 'the answer has a request id and comes from the expected release').toBe('');
    }),

  signIn: async ({ settings, request, record }, use, testInfo) =>
    use(async () => {
      const tokens = await shareSessions({ settings, request, testInfo, record });
      const address = settings.apiUrl + settings.apiPath;
      const api = (role: Role) => new Api({ request, base: address, token: tokens[role], record });
      return { client: api('client'), freelancer: api('freelancer') };
    }),

  persons: async ({ browser, settings }, use, testInfo) =>
    withPersons({ browser, testInfo, expectedRelease: settings.expectedRelease }, use),
});

export { expect };
