import type { RuntimeSettings } from '../core/drivers.ts';
import type { CommandContext } from '../system/command.ts';
import { createCommandRuntime } from './command.ts';
import { createDockerComposeRuntime } from './docker-compose.ts';
import { createKubernetesRuntime } from './kubernetes.ts';
import { createProcessRuntime } from './process.ts';
import type { Runtime } from './runtime.ts';

export type { Place, Runtime, SideReplaced, SideRuntime } from './runtime.ts';

export function createRuntime(settings: RuntimeSettings, context: CommandContext): Runtime {
  switch (settings.driver) {
    case 'process':
      return createProcessRuntime(settings, context);
    case 'docker-compose':
      return createDockerComposeRuntime(settings, context);
    case 'command':
      return createCommandRuntime(settings, context);
    case 'kubernetes':
      return createKubernetesRuntime(settings);
  }
}
