import type { FlagsSettings } from '../core/flags.ts';
import type { CommandContext } from '../system/command.ts';
import { createCommandFlags } from './command.ts';
import { createFileFlags } from './file.ts';
import type { Flags } from './flags.ts';
import { createUnleashFlags } from './unleash.ts';

export type { Flags } from './flags.ts';

/** `secret` gives the value of an environment variable. */
export function createFlags(
  settings: FlagsSettings,
  context: CommandContext,
  secret: (name: string) => string | undefined,
): Flags {
  switch (settings.driver) {
    case 'file':
      return createFileFlags(settings);
    case 'command':
      return createCommandFlags(settings, context);
    case 'unleash':
      return createUnleashFlags(settings, settings.token === false ? undefined : secret(settings.token));
  }
}
