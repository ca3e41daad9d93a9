import type { DockerComposeSettings } from '../core/drivers.ts';
import { ToolError } from '../core/errors.ts';
import type { Command } from '../core/target.ts';
import { askCommand, type CommandContext, demandCommand } from '../system/command.ts';
import { describeEnding, placeNamed } from './places.ts';
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
  /** Of `compose run`: a migration or a shell, and no instance. */
  readonly oneOff: boolean;
}

/**
 * One service of a compose file a place. The release reaches the file as the variable APP_RELEASE (image tag, environment).
 * Containers are found by the labels that Compose gives them: its two generations name containers differently, and only
 * the newer one lists them as JSON. Tried with Docker 20.10 and docker-compose 1.29; the plugin `docker compose` was not.
 */
export function createDockerComposeRuntime(settings: DockerComposeSettings, context: CommandContext): Runtime {
  const { file, places } = settings;
  // What docker-compose 1 makes of a name without a word; the labels carry the result, so it has to be asked for.
  const project = settings.project.toLowerCase().replaceAll(/[^-_a-z0-9]/g, '');
  const docker = (...args: string[]): Command => [...settings.docker, ...args];
  const demand = async (command: Command, timeoutMs = askMs) =>
    (await demandCommand(command, { ...context, timeoutMs })).stdout;

  const containers = async (attempt = 1): Promise<Container[]> => {
    const filter = `label=com.docker.compose.project=${project}`;
    const ids = (await demand(docker('ps', '--all', '--quiet', '--no-trunc', '--filter', filter))).split('\n');
    const known = ids.filter(Boolean);
    if (known.length === 0) return [];
    const inspect = docker('inspect', '--type', 'container', ...known);
    const answer = await askCommand(inspect, { ...context, timeoutMs: askMs });
    // A start that runs at the same time replaces containers between the two questions.
    if (answer.exitCode !== 0 && /no such (object|container)/i.test(answer.stderr) && attempt < 5)
      return containers(attempt + 1);
    const stdout = answer.exitCode === 0 ? answer.stdout : await demand(inspect);
    return (JSON.parse(stdout) as unknown[]).map(containerOf).filter(({ oneOff }) => !oneOff);
  };
  let lastStart: Promise<unknown> = Promise.resolve();
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
      const env = { ...context.env, APP_RELEASE: release };
      const up = () => demandCommand(command, { ...context, env, timeoutMs: startMs });
      // Two at once each create the project's network, and docker-compose 1 refuses to work with two of one name.
      const started = lastStart.then(up, up);
      lastStart = started;
      await started;
    },
    stop: async (name, graceMs) => {
      const began = performance.now();
      const before = await containerIn(name);
      if (!before?.running) return { exitCode: before?.exitCode ?? null, killed: false, durationMs: 0 };
      const grace = String(Math.max(1, Math.ceil(graceMs / 1000)));
      // `stop` and not `kill`: a restart policy would start a killed container again.
      await demand(docker('stop', '--time', grace, before.id), graceMs + askMs);
      const durationMs = performance.now() - began;
      const after = (await containers()).filter(({ service }) => service === before.service);
      // Also another container of the service (`--scale`): the place is not empty then.
      if (after.some(({ running }) => running))
        throw new ToolError(`${name} still runs after docker stop.`, {
          command: docker('stop', before.id),
          exitCode: 0,
        });
      const exitCode = after.find(({ id }) => id === before.id)?.exitCode ?? null;
      // 137 before the time was over is the kernel's doing (memory) or the instance's own.
      return { exitCode, killed: exitCode === 137 && durationMs >= 1000 * Number(grace), durationMs };
    },
    lastEnding: async (name) => {
      const last = await containerIn(name);
      if (!last || last.running) return undefined;
      // The one that did not start may have said why on either stream.
      const { stdout, stderr } = await askCommand(docker('logs', '--tail', '20', last.id), {
        ...context,
        timeoutMs: askMs,
      });
      return describeEnding(last.exitCode, stderr || stdout);
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
  const labels = Config.Labels ?? {};
  const variable = Config.Env?.find((line) => line.startsWith('APP_RELEASE='))?.slice('APP_RELEASE='.length);
  const release = labels['freetask.release'] ?? variable;
  return {
    id: Id,
    service: labels['com.docker.compose.service'] ?? '',
    oneOff: labels['com.docker.compose.oneoff'] === 'True',
    running: State.Running,
    exitCode: State.ExitCode,
    ...(release === undefined ? {} : { release }),
  };
}
