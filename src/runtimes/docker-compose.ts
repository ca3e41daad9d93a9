import type { DockerComposeSettings } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { type CommandContext, demandCommand } from '../system/command.ts';
import { placeNamed } from './places.ts';
import type { Place, Runtime } from './runtime.ts';

/** An image may have to be pulled. */
const startMs = 5 * 60_000;
const askMs = 30_000;

interface Container {
  readonly id: string;
  readonly service: string;
  readonly running: boolean;
  readonly release?: string;
  readonly exitCode: number;
}

/**
 * One service of a compose file a place. The release reaches the file as the variable APP_RELEASE (image tag, environment).
 * Containers are found by the labels that Compose gives them: its two generations name containers differently, and only
 * the newer one lists them as JSON. Tried with Docker 20.10 and docker-compose 1.29; the plugin `docker compose` was not.
 */
export function createDockerComposeRuntime(settings: DockerComposeSettings, context: CommandContext): Runtime {
  const { project, file, places } = settings;
  const docker = (...args: string[]): Command => [...settings.docker, ...args];
  const demand = async (command: Command, timeoutMs = askMs) =>
    (await demandCommand(command, { ...context, timeoutMs })).stdout;

  const containers = async (): Promise<Container[]> => {
    const ids = (
      await demand(
        docker('ps', '--all', '--quiet', '--no-trunc', '--filter', `label=com.docker.compose.project=${project}`),
      )
    )
      .split('\n')
      .filter(Boolean);
    if (ids.length === 0) return [];
    return (JSON.parse(await demand(docker('inspect', ...ids))) as unknown[]).map(containerOf);
  };
  const containerIn = async (name: string): Promise<Container | undefined> => {
    const { service } = placeNamed(places, name);
    const own = (await containers()).filter((container) => container.service === service);
    return own.find(({ running }) => running) ?? own[0];
  };

  return {
    name: 'docker-compose',
    read: async () => {
      const all = await containers();
      return places.map(({ service, ...place }): Place => {
        const now = all.find((container) => container.service === service && container.running);
        return {
          ...place,
          running: now !== undefined,
          ...(now?.release === undefined ? {} : { release: now.release }),
        };
      });
    },
    start: async (name, release) => {
      const { service } = placeNamed(places, name);
      const command: Command = [
        ...settings.compose,
        '--project-name',
        project,
        '--file',
        file,
        'up',
        '--detach',
        '--no-deps',
        '--force-recreate',
        service,
      ];
      await demandCommand(command, { ...context, env: { ...context.env, APP_RELEASE: release }, timeoutMs: startMs });
    },
    stop: async (name, graceMs) => {
      const began = performance.now();
      const before = await containerIn(name);
      if (!before?.running) return { exitCode: before?.exitCode ?? null, killed: false, durationMs: 0 };
      const grace = String(Math.max(1, Math.ceil(graceMs / 1000)));
      // `stop` and not `kill`: a restart policy would start a killed container again.
      await demand(docker('stop', '--time', grace, before.id), graceMs + askMs);
      const durationMs = performance.now() - began;
      const after = (await containers()).find(({ id }) => id === before.id);
      if (after?.running)
        throw new ToolError(`${name} still runs after docker stop.`, {
          command: docker('stop', before.id),
          exitCode: 0,
        });
      const exitCode = after?.exitCode ?? null;
      return { exitCode, killed: exitCode === 137, durationMs };
    },
  };
}

/** Of what `docker inspect` says, the few facts that are needed. */
function containerOf(said: unknown): Container {
  const { Id, Config, State } = said as {
    Id: string;
    Config: { Labels?: Record<string, string>; Env?: string[] };
    State: { Running: boolean; ExitCode: number };
  };
  const release = Config.Env?.find((line) => line.startsWith('APP_RELEASE='))?.slice('APP_RELEASE='.length);
  return {
    id: Id,
    service: Config.Labels?.['com.docker.compose.service'] ?? '',
    running: State.Running,
    exitCode: State.ExitCode,
    ...(release === undefined ? {} : { release }),
  };
}
