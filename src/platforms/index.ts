import type { PlatformSettings } from '../core/platform.ts';
import type { CommandContext } from '../system/command.ts';
import { createCommandPlatform } from './command.ts';
import type { Platform } from './platform.ts';

export type { Platform } from './platform.ts';

export function createPlatform(settings: PlatformSettings, context: CommandContext): Platform {
  switch (settings.driver) {
    case 'command':
      return createCommandPlatform(settings, context);
  }
}
