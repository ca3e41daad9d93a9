import type { GithubSettings, SentrySettings } from '../core/courtesy.ts';
import type { CommandContext } from '../system/command.ts';
import { createGithubTracker } from './github.ts';
import { createSentryTracker } from './sentry.ts';
import type { ReleaseTracker, TicketTracker } from './tracker.ts';

export type { ReleaseTracker, TicketTracker } from './tracker.ts';

type Secret = (name: string) => string | undefined;

/** `secret` gives the value of an environment variable. */
export function createTicketTracker(settings: GithubSettings, secret: Secret): TicketTracker {
  switch (settings.driver) {
    case 'github':
      return createGithubTracker(settings, settings.token === false ? 'none' : secret(settings.token));
  }
}

export function createReleaseTracker(
  settings: SentrySettings,
  secret: Secret,
  context: CommandContext,
): ReleaseTracker {
  switch (settings.driver) {
    case 'sentry':
      return createSentryTracker(settings, settings.token === false ? 'none' : secret(settings.token), context);
  }
}
