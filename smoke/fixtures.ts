import { writeFile } from 'node:fs/promises';
import { stripVTControlCharacters } from 'node:util';
import { test as base, expect } from '@playwright/test';
import { addDifferences, type Answer, type Differences, recordAnswer, reportDifferences } from './answers.ts';
import { Api } from './api.ts';
import { chatOf } from './chat.ts';
import { type Persons, withPersons } from './persons.ts';
import { absentRoute } from './service.ts';
import { browserOverFile, tokenOf } from './sessions.ts';
import { readSettings, type Settings, type UserName } from './settings.ts';

interface Fixtures {
  readonly settings: Settings;
  /** Records an answer for the report; what is wrong with any answer is reported when the test has ended. */
  readonly record: (answer: Answer) => void;
  /** The API as a user has it, with the session that the tools of this run share. */
  readonly as: (user: UserName) => Promise<Api>;
  readonly chat: ReturnType<typeof chatOf>;
  readonly persons: Persons;
}

export const test = base.extend<Fixtures>({
  // oxlint-disable-next-line no-empty-pattern -- Playwright reads the fixtures that are needed from this pattern
  settings: async ({}, use) => use(readSettings()),

  record: async ({ settings }, use, testInfo) => {
    const differences: Differences = { nameless: [], otherRelease: [] };
    await use((answer) => {
      recordAnswer(testInfo, answer);
      addDifferences(differences, answer, settings);
    });
    await reportDifferences(differences);
  },

  as: async ({ settings, request, record }, use, testInfo) =>
    use(async (user) => {
      const token = await tokenOf(user, { settings, request, testInfo, record });
      return new Api({ request, testInfo, settings, token, record });
    }),

  chat: async ({ settings, record }, use) => use(chatOf(settings, record)),

  persons: async ({ browser, settings }, use, testInfo) => {
    await withPersons({ browser, testInfo, settings }, use);
    if (settings.sessionsFile !== undefined) await writeFile(browserOverFile(settings.sessionsFile), '');
  },
});

/** Skips a test whose users or routes the target does not have. */
export function requireOffer(
  { service, emails }: Settings,
  { users, routes }: { readonly users: readonly UserName[]; readonly routes: readonly string[] },
): void {
  const route = absentRoute(service, routes);
  const user = users.find((name) => emails[name] === undefined);
  test.skip(service.login.with === 'none', 'not applicable: users of the target do not log in');
  test.skip(user !== undefined, `not applicable: the target has no user ${user}`);
  test.skip(route !== undefined, `not applicable: the target has no ${route}`);
}

/** Makes what a check stands on. Where that fails, the check was not run: the step that does the same in the journey fails. */
export async function given<T>(make: () => Promise<T>): Promise<T> {
  try {
    return await make();
  } catch (error) {
    test.skip(true, `not run: what it stands on could not be made: ${inWords(error)}`);
    throw error;
  }
}

function inWords(error: unknown): string {
  const lines = stripVTControlCharacters(error instanceof Error ? error.message : String(error)).split('\n');
  const facts = lines.filter((line) => /^(Expected|Received)\b/.test(line.trim())).map((line) => line.trim());
  return [(lines[0] ?? '').replace(/^Error: /, ''), ...facts].join(', ').replaceAll(/: +/g, ': ');
}

export { expect };
