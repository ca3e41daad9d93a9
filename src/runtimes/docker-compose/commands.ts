import type { DockerComposeSettings } from '../../core/drivers.ts';
import type { Command } from '../../core/target.ts';

/** The command lines of the driver; nothing is executed here. */
export interface ComposeCommands {
  readonly up: (service: string) => Command;
  /** Ids of all containers of the project, stopped ones included. */
  readonly list: () => Command;
  readonly inspect: (ids: readonly string[]) => Command;
  readonly inspectImages: (ids: readonly string[]) => Command;
  /** `stop` and not `kill`: a restart policy would start a killed container again. */
  readonly stop: (id: string, graceSeconds: number) => Command;
  readonly logs: (id: string) => Command;
}

/** How docker-compose 1 changes a project's name; containers carry the result as a label. */
const labelOf = (project: string): string => project.toLowerCase().replaceAll(/[^-_a-z0-9]/g, '');

export function composeCommands({ compose, docker, file, ...settings }: DockerComposeSettings): ComposeCommands {
  const project = labelOf(settings.project);
  const engine = (...args: string[]): Command => [...docker, ...args];
  const inProject: Command = [...compose, '--project-name', project, '--file', file];
  return {
    up: (service) => [...inProject, 'up', '--detach', '--no-deps', '--force-recreate', service],
    list: () =>
      engine('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=com.docker.compose.project=${project}`),
    inspect: (ids) => engine('inspect', '--type', 'container', ...ids),
    inspectImages: (ids) => engine('image', 'inspect', ...ids),
    stop: (id, graceSeconds) => engine('stop', '--time', String(graceSeconds), id),
    logs: (id) => engine('logs', '--tail', '20', id),
  };
}
