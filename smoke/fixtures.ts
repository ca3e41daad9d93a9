import { test as base, expect } from '@playwright/test';
import type { Role } from '../src/core/target.ts';
import { type Answer, complaintsAbout, noteAnswer } from './answers.ts';
import { Api } from './api.ts';
import { type Persons, withPersons } from './persons.ts';
import { shareSessions } from './sessions.ts';
import { readSettings, type Settings } from './settings.ts';

interface Fixtures {
  readonly settings: Settings;
  /** Notes an answer for the report, and holds it against what is true for every answer. */
  readonly seen: (answer: Answer) => void;
  /** The API as each role sees it, with the sessions that the tools of this run share. */
  readonly signIn: () => Promise<Record<Role, Api>>;
  readonly persons: Persons;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are needed from this pattern
  settings: async ({}, use) => use(readSettings()),

  seen: async ({ settings }, use, testInfo) =>
    use((answer) => {
      noteAnswer(testInfo, answer);
      const complaints = complaintsAbout(answer, settings.expectedRelease);
      expect(complaints.join('; '), 'the answer names its request and comes from the right release').toBe('');
    }),

  signIn: async ({ settings, request, seen }, use, testInfo) =>
    use(async () => {
      const tokens = await shareSessions({ settings, request, testInfo, seen });
      const address = settings.apiUrl + settings.apiPath;
      const api = (role: Role) => new Api({ request, base: address, token: tokens[role], seen });
      return { client: api('client'), freelancer: api('freelancer') };
    }),

  persons: async ({ browser, settings }, use, testInfo) =>
    withPersons({ browser, testInfo, expectedRelease: settings.expectedRelease }, use),
});

export { expect };
